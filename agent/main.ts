/** The process: runs one rack's agent from its two files until it is told to stop, and takes changed files over. */
import { unwatchFile, watchFile } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Millis } from '#protocol/units.ts';
import type { Assembled } from './assemble.ts';
import { assemble } from './assemble.ts';
import type { Loaded } from './config/load.ts';
import { load } from './config/load.ts';
import { allMaps } from './config/maps.ts';
import { formatProblem } from './config/problem.ts';
import { jobVerbs } from './job-verbs.ts';
import { localVerbs } from './local-verbs.ts';
import { openMetrics } from './metrics.ts';
import type { Agent } from './parts.ts';
import { systemClock } from './platform/clock.ts';
import { HostFactsReader } from './platform/host-facts.ts';
import { JobDesk } from './platform/job-desk.ts';
import { serveLocal } from './platform/local-socket.ts';
import type { Logger, LogLevel } from './platform/log.ts';
import { openLog } from './platform/log.ts';
import { replacedFile } from './platform/notice-file.ts';
import type { StoreEvent } from './platform/store.ts';
import { openStore } from './platform/store.ts';
import { supervisor } from './platform/supervisor.ts';
import { watchFolder } from './platform/watch-folder.ts';
import type { Raised } from './report/alarms.ts';

/** `sysfs` is where the kernel's /sys is. */
export type AgentFiles = { config: string; policy: string; logLevel?: LogLevel; sysfs?: string };

/** Files that are wrong, as text for people: every problem, one a line. */
export class BadFiles extends Error {
  override readonly name = 'BadFiles';
}

export type Running = { agent: Agent; maps: string; reload(): Promise<void>; stop(): Promise<void> };

/** How often the two files and the folder of maps are looked at: `watch` misses changes on some filesystems. */
const LOOK_MS: Millis = 2000;

/**
 * Small buffers are cut from blocks of so many bytes. MQTT.js keeps one for every length of packet that it has ever sent,
 * and each keeps its block: of Node's 64 KiB they were 2.5 MB more after six minutes with orders and outages.
 */
const BUFFER_BLOCK_BYTES = 1024;

/** Runs until SIGINT or SIGTERM; SIGHUP reads the files again. Throws `BadFiles` or what `startAgent` throws. */
export async function runAgent(files: AgentFiles): Promise<void> {
  Buffer.poolSize = BUFFER_BLOCK_BYTES;
  // Heard from the first moment: a stop that comes during the start is carried out after it.
  const stopped = new Promise<void>((stop) => {
    process.once('SIGINT', () => stop());
    process.once('SIGTERM', () => stop());
  });
  const running = await startAgent(files);
  const reload = () => void running.reload();
  process.on('SIGHUP', reload);
  for (const file of [files.config, files.policy]) watchFile(file, { interval: LOOK_MS }, reload);
  const maps = watchFolder(running.maps, LOOK_MS, systemClock, reload);
  await stopped;
  for (const file of [files.config, files.policy]) unwatchFile(file);
  maps.stop();
  await running.stop();
}

/**
 * Throws `LocalError` when an agent runs here already, before anything of this rack is touched. Whatever it throws,
 * nothing is left running.
 */
export async function startAgent(files: AgentFiles): Promise<Running> {
  const loaded = await read(files);
  const log = openLog(files.logLevel ?? 'info').child({ rack: loaded.config.rack });
  const parts = new Started();
  try {
    return await startParts(files, loaded, log, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function startParts(files: AgentFiles, loaded: Loaded, log: Logger, parts: Started): Promise<Running> {
  const { config } = loaded;
  const alarms = new Map<string, Raised>();
  const ready = Promise.withResolvers<Agent>();
  // The socket first and last: it keeps a second agent away from what this one holds.
  const jobs = new JobDesk({
    clock: systemClock,
    told: replacedFile(join(dirname(config.socket), 'notice.json'), log),
  });
  const handlers = { ...localVerbs(ready.promise, systemClock, () => allMaps(config.maps)), ...jobVerbs(jobs) };
  await parts.start(serveLocal({ path: config.socket, log, handlers }));
  const store = openStore(config.state, { log, report: (event) => noteStore(event, alarms) });
  await parts.start(store);
  const sysfs = files.sysfs ?? '/sys';
  const host = new HostFactsReader({ folder: config.state, sysfs, clock: systemClock });
  await parts.start(host);
  const told = supervisor(process.env, process.pid, systemClock);
  const { alive } = told;
  const assembled = await assemble(loaded, { log, store: store.rack(config.rack), host, sysfs, alarms, alive, jobs });
  const { agent } = assembled;
  await parts.start(agent);
  if (config.metrics) await parts.start(openMetrics(config, agent, { clock: systemClock, log, alarms }));
  ready.resolve(agent);
  log.info({ site: config.site, devices: config.devices.length }, 'the agent runs');
  told.ready(`rack ${config.rack} of ${config.site}, ${config.devices.length} devices`);
  noteMaps(loaded, alarms);
  const inForce = new InForce(files, loaded, assembled, alarms, log);
  return {
    agent,
    maps: config.maps,
    reload: () => inForce.reload(),
    stop: async () => {
      log.info({}, 'the agent stops; outputs stay as they are');
      told.stopping();
      await parts.stop();
    },
  };
}

/** What runs, to be stopped in the opposite order. */
class Started {
  readonly #parts: { stop(): Promise<void> }[] = [];

  /** A part that fails to start may have begun to: it is stopped with the others. */
  async start(part: { start(): Promise<void> | void; stop(): Promise<void> }): Promise<void> {
    this.#parts.push(part);
    await part.start();
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.stop();
  }
}

async function read(files: AgentFiles): Promise<Loaded> {
  const loaded = await load(files);
  if (loaded.kind === 'bad') throw new BadFiles(loaded.problems.map(formatProblem).join('\n'));
  return loaded.value;
}

/** The files in force. Bad ones are refused with an alarm that goes when they are mended, and the old ones kept. */
class InForce {
  readonly #files: AgentFiles;
  readonly #assembled: Assembled;
  readonly #alarms: Map<string, Raised>;
  readonly #log: Logger;
  #loaded: Loaded;
  #running: Promise<void> = Promise.resolve();

  constructor(files: AgentFiles, loaded: Loaded, assembled: Assembled, alarms: Map<string, Raised>, log: Logger) {
    this.#files = files;
    this.#loaded = loaded;
    this.#assembled = assembled;
    this.#alarms = alarms;
    this.#log = log;
  }

  /** One after the other; never rejects. */
  reload(): Promise<void> {
    this.#running = this.#running
      .then(() => this.#reload())
      .then(
        () => void this.#alarms.delete(ALARM),
        (error: Error) => {
          this.#log.warn({ reason: error.message }, 'the files were not taken over');
          this.#alarms.set(ALARM, {
            severity: 'warning',
            message: `the changed files are not in force: ${error.message}`,
          });
        },
      );
    return this.#running;
  }

  async #reload(): Promise<void> {
    const next = await read(this.#files);
    const before = this.#loaded;
    const { agent, rackOf } = this.#assembled;
    agent.adopt(next.policy, next.keys);
    this.#loaded = { ...before, policy: next.policy, keys: next.keys };
    noteMaps(next, this.#alarms);
    if (next.configHash === before.configHash && isDeepStrictEqual(next.shelf.maps, before.shelf.maps)) return;
    const fixed = fixedPart(next).filter(([, value], i) => value !== fixedPart(before)[i]?.[1]);
    if (fixed.length > 0)
      throw new Error(`${fixed.map(([key]) => key).join(', ')} of the config change only with a restart`);
    const refused = await agent.refit(rackOf(next), next.configHash);
    if (refused) throw new Error(refused);
    this.#loaded = next;
  }
}

const ALARM = 'files-refused';

/** What sessions, topics and the disk hang on. */
function fixedPart({
  config: { site, rack, groups, broker, state, socket, maps, metrics },
}: Loaded): [string, string][] {
  return Object.entries({ site, rack, groups, broker, state, socket, maps, metrics }).map(([key, value]) => [
    key,
    JSON.stringify(value),
  ]);
}

/** A map with mistakes that no instrument uses hinders nothing, but whoever put it there wants to know. */
function noteMaps({ shelf: { problems } }: Loaded, alarms: Map<string, Raised>): void {
  if (problems.length === 0) alarms.delete('maps-refused');
  else alarms.set('maps-refused', { severity: 'warning', message: problems.map(formatProblem).join('; ') });
}

/** What the disk cannot keep is said, and orders are obeyed all the same. */
function noteStore(event: StoreEvent, alarms: Map<string, Raised>): void {
  switch (event.kind) {
    case 'failing':
      alarms.set(`disk-${event.file}`, {
        severity: 'critical',
        message: `the ${event.file} is not recorded: ${event.fault.message}`,
      });
      break;
    case 'recovered':
      alarms.delete(`disk-${event.file}`);
      break;
    case 'journalLost':
      alarms.set('journal-lost', {
        severity: 'critical',
        message: `the journal was damaged and begun anew: ${event.detail}`,
      });
      break;
  }
}
