/** The process: reads the two files, builds the parts, runs the agent until it is told to stop. Alone knows paths. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { bytesToSign, fromBase64Url, signature, signMessage } from '#protocol/signing.ts';
import type { Agent } from './agent.ts';
import { createAgent } from './agent.ts';
import type { Config } from './config/config.ts';
import type { Loaded } from './config/load.ts';
import { load } from './config/load.ts';
import { readMaps } from './config/maps.ts';
import type { Policy } from './config/policy.ts';
import { formatProblem } from './config/problem.ts';
import { lastMoment } from './journal.ts';
import type { BrokerConfig, BrokerHandlers, BrokerSession } from './platform/broker.ts';
import { openBroker } from './platform/broker.ts';
import { systemClock } from './platform/clock.ts';
import { kernelClock } from './platform/clock-quality.ts';
import type { HostFactsReader } from './platform/host-facts.ts';
import { openHostFacts } from './platform/host-facts.ts';
import type { Identity } from './platform/identity.ts';
import { openIdentity } from './platform/identity.ts';
import { serveLocal } from './platform/local-socket.ts';
import type { Logger, LogLevel } from './platform/log.ts';
import { openLog } from './platform/log.ts';
import type { RackKey } from './platform/rack-key.ts';
import { loadRackKey } from './platform/rack-key.ts';
import { systemRandom } from './platform/random.ts';
import type { SteadyClock } from './platform/steady-clock.ts';
import { steadyClock } from './platform/steady-clock.ts';
import type { Journal, StoreEvent } from './platform/store.ts';
import { openStore } from './platform/store.ts';
import { buildRack } from './rack.ts';
import type { Raised } from './report/alarms.ts';
import type { HostHealth } from './report/health.ts';

export type AgentFiles = { config: string; policy: string; logLevel?: string };

/** Files that are wrong, as text for people: every problem, one a line. */
export class BadFiles extends Error {
  override readonly name = 'BadFiles';
}

/** Runs until SIGINT or SIGTERM. Throws `BadFiles`, or an error whose message says what is missing. */
export async function runAgent(files: AgentFiles): Promise<void> {
  const running = await startAgent(files);
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => stop());
    process.once('SIGTERM', () => stop());
  });
  await running.stop();
}

export type Running = { agent: Agent; stop(): Promise<void> };

export async function startAgent(files: AgentFiles): Promise<Running> {
  const loaded = await load(files);
  if (loaded.kind === 'bad') throw new BadFiles(loaded.problems.map(formatProblem).join('\n'));
  const { config } = loaded.value;
  const log = openLog((files.logLevel ?? 'info') as LogLevel).child({ rack: config.rack });
  const alarms = new Map<string, Raised>();
  const store = openStore(config.state, { log, report: (event) => noteStore(event, alarms) });
  await store.start();
  const host = openHostFacts({ folder: config.state, clock: systemClock, log });
  host.start();
  const agent = await assemble(loaded.value, { log, store: store.rack(config.rack), host, alarms });
  const local = serveLocal({ path: config.socket, log, handlers: { status: () => ({ topics: agent.board() }) } });
  await local.start();
  await agent.start();
  log.info({ site: config.site, devices: config.devices.length }, 'the agent runs');
  return {
    agent,
    stop: async () => {
      log.info({}, 'the agent stops; outputs stay as they are');
      await local.stop();
      await agent.stop();
      await host.stop();
      await store.stop();
    },
  };
}

type ProcessParts = {
  log: Logger;
  store: ReturnType<ReturnType<typeof openStore>['rack']>;
  host: HostFactsReader;
  alarms: Map<string, Raised>;
};

async function assemble({ config, policy, keys, folder, configHash }: Loaded, parts: ProcessParts): Promise<Agent> {
  const { log, store, host, alarms } = parts;
  const clock = await rackClock(policy, store.journal);
  const key = await loadRackKey(join(config.state, 'rack.key'));
  const instance = randomBytes(8).toString('hex');
  const identity = await openIdentity({ journal: store.journal, instance, wallMs: clock.wall(), log });
  const secret = async (file: string) => (await readFile(resolve(folder, file), 'utf8')).split('\n')[0]?.trim() ?? '';
  const maps: ReadonlyMap<string, RegisterMap> = await readMaps(config.meters.map(({ model }) => model));
  const brokers = await brokersOf(config, secret, identity, log);
  return createAgent({
    site: config.site,
    rackId: config.rack,
    groups: config.groups,
    version: version(),
    configHash,
    policy,
    keys,
    rack: buildRack(config, { clock, log, connect: connectTcp, maps, secret }),
    clock,
    log,
    store,
    identity,
    publicKey: key.publicKey,
    seal: (message) => signMessage(message, key.kid, (bytes) => key.sign(bytes)),
    sealed: (message) => isSealed(message, key),
    brokers,
    host: () => hostHealth(host),
    processAlarms: () => alarms,
  });
}

/** Runs on from the last moment in the journal: a controller without a battery starts in 1970. */
async function rackClock({ clock }: Policy, journal: Journal): Promise<SteadyClock> {
  const rows = await journal.load().catch(() => new Map<string, string>());
  const quality = clock === 'trusted' ? () => 'good' as const : kernelClock();
  return steadyClock(systemClock, { quality, notBefore: lastMoment(rows) });
}

/** A session to each broker. They share the counter of connections, so that births and wills stay in order. */
async function brokersOf(
  { broker, rack }: Config,
  secret: (file: string) => Promise<string>,
  { connections, instance }: Identity,
  log: Logger,
): Promise<((handlers: BrokerHandlers) => BrokerSession)[]> {
  const text = async (file: string | undefined) => (file === undefined ? undefined : await readFile(file, 'utf8'));
  const pem = {
    ca: await text(broker.ca),
    certificate: await text(broker.certificate),
    key: await text(broker.key),
    username: broker.username,
    password: broker.password_file === undefined ? undefined : await secret(broker.password_file),
  };
  const given = Object.fromEntries(Object.entries(pem).filter(([, value]) => value !== undefined));
  return broker.urls.map((url) => {
    const config: BrokerConfig = { url, clientId: `ballast-${rack}-${instance}`, ...given };
    return (handlers) => openBroker(config, handlers, { clock: systemClock, log, random: systemRandom, connections });
  });
}

function isSealed(message: object, key: RackKey): boolean {
  const parsed = signature.safeParse((message as { signature?: unknown }).signature);
  if (!parsed.success || parsed.data.kid !== key.kid) return false;
  return key.verifies(bytesToSign(message), fromBase64Url(parsed.data.value));
}

function hostHealth(host: HostFactsReader): HostHealth {
  const { rss, heapUsed } = process.memoryUsage();
  const facts = host.latest()?.facts;
  return {
    uptimeS: process.uptime(),
    rssBytes: rss,
    heapBytes: heapUsed,
    loadPercent: facts?.loadPercent,
    memoryAvailableBytes: facts?.memoryAvailableBytes,
    diskFreeBytes: facts?.diskFreeBytes,
    cpuC: facts?.cpuC,
  };
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

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
