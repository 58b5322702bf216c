/** From the two files, read and checked, to one rack's agent on real time, disk, network and wires. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemHost } from '#adapters/transport/host.ts';
import { openSerial } from '#adapters/transport/serial.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { bytesToSign, fromBase64Url, signature, signMessage } from '#protocol/signing.ts';
import packageJson from '../package.json' with { type: 'json' };
import { createAgent } from './agent.ts';
import { brokerCredentials } from './config/broker-credentials.ts';
import type { Config } from './config/config.ts';
import type { Loaded } from './config/load.ts';
import type { Policy } from './config/policy.ts';
import { secretPath } from './config/secrets.ts';
import { lastMoment } from './journal.ts';
import type { Agent } from './parts.ts';
import type { BrokerConfig, BrokerHandlers, BrokerSession } from './platform/broker.ts';
import { openBroker } from './platform/broker.ts';
import { systemClock } from './platform/clock.ts';
import { kernelClock } from './platform/clock-quality.ts';
import type { HostFactsReader } from './platform/host-facts.ts';
import type { Identity } from './platform/identity.ts';
import { openIdentity } from './platform/identity.ts';
import type { JobDesk } from './platform/job-desk.ts';
import type { Logger } from './platform/log.ts';
import type { RackKey } from './platform/rack-key.ts';
import { loadRackKey } from './platform/rack-key.ts';
import { systemRandom } from './platform/random.ts';
import { openRecordings } from './platform/recordings.ts';
import type { SteadyClock } from './platform/steady-clock.ts';
import { steadyClock } from './platform/steady-clock.ts';
import type { Journal, RackStore } from './platform/store.ts';
import type { Rack } from './rack/rack.ts';
import { buildRack } from './rack/rack.ts';
import type { Raised } from './report/alarms.ts';
import type { HostHealth } from './report/health.ts';

export type ProcessParts = {
  readonly log: Logger;
  readonly store: RackStore;
  readonly host: HostFactsReader;
  /** Where the kernel's /sys is. */
  readonly sysfs: string;
  /** Alarms of the process, kept by who raises them. */
  readonly alarms: ReadonlyMap<string, Raised>;
  /** Told after every turn of the loop. */
  alive(): void;
  /** Jobs that have come to the socket. */
  readonly jobs: JobDesk;
};

export type Assembled = {
  readonly agent: Agent;
  /** The hardware of another config. */
  rackOf(loaded: Loaded): Rack;
};

export async function assemble(
  loaded: Loaded,
  { log, store, host, sysfs, alarms, alive, jobs }: ProcessParts,
): Promise<Assembled> {
  const { config, policy, keys, folder, configHash } = loaded;
  const clock = await rackClock(policy, store.journal);
  const key = await loadRackKey(join(config.state, 'rack.key'));
  const instance = randomBytes(8).toString('hex');
  const identity = await openIdentity({ journal: store.journal, instance, wallMs: clock.wall(), log });
  // Once per process: what it loads and opens, every fit-out of the rack goes on using.
  const machine = systemHost(sysfs);
  const rackOf = (from: Loaded) => {
    const { maps } = from.shelf;
    const secret = (file: string) => firstLine(secretPath(from.folder, file));
    return buildRack(from.config, {
      clock,
      log,
      connect: connectTcp,
      serial: openSerial,
      maps,
      secret,
      host: machine,
      jobs,
    });
  };
  const agent = createAgent({
    site: config.site,
    rackId: config.rack,
    groups: config.groups,
    version: packageJson.version,
    configHash,
    policy,
    keys,
    rack: rackOf(loaded),
    clock,
    log,
    store,
    recordings: openRecordings(join(config.state, 'recordings'), { clock, log }),
    identity,
    publicKey: key.publicKey,
    seal: (message) => signMessage(message, key.kid, (bytes) => key.sign(bytes)),
    sealed: (message) => isSealed(message, key),
    brokers: await brokersOf(config, folder, identity, log),
    host: () => hostHealth(host),
    processAlarms: () => alarms,
    alive,
  });
  return { agent, rackOf };
}

/** Runs on from the last moment in the journal: a controller without a battery starts in 1970. */
async function rackClock({ clock }: Policy, journal: Journal): Promise<SteadyClock> {
  const rows = await journal.load().catch(() => new Map<string, string>());
  const quality = clock === 'trusted' ? () => 'good' as const : kernelClock();
  return steadyClock(systemClock, { quality, notBefore: lastMoment(rows) });
}

/** A session to each broker. They share the counter of connections, so that births and wills stay in order. */
async function brokersOf(
  config: Config,
  folder: string,
  { connections, instance }: Identity,
  log: Logger,
): Promise<((handlers: BrokerHandlers) => BrokerSession)[]> {
  const { broker, rack } = config;
  const credentials = await brokerCredentials(config, folder);
  return broker.urls.map((url) => {
    const session: BrokerConfig = { url, clientId: `ballast-${rack}-${instance}`, ...credentials };
    return (handlers) => openBroker(session, handlers, { clock: systemClock, log, random: systemRandom, connections });
  });
}

async function firstLine(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).split('\n')[0]?.trim() ?? '';
}

function isSealed(message: object, key: RackKey): boolean {
  const parsed = signature.safeParse((message as { signature?: unknown }).signature);
  if (!parsed.success || parsed.data.kid !== key.kid) return false;
  return key.verifies(bytesToSign(message), fromBase64Url(parsed.data.value));
}

function hostHealth(host: HostFactsReader): HostHealth {
  const { rss, heapUsed } = process.memoryUsage();
  const facts = host.latest;
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
