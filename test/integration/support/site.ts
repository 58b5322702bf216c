/** A whole site around one agent process: a simulated rack on loopback, a broker, who gives orders and who watches. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import type { SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
import type { WhatsminerOptions } from '#test/simulator/whatsminer-spec.ts';
import type { Pace, RackFiles } from '#test/support/rack-files.ts';
import { writeFiles } from '#test/support/rack-files.ts';
import type { AgentProcess, Ballast } from './agent-process.ts';
import { startAgent } from './agent-process.ts';
import type { Issuer } from './issuer.ts';
import { openIssuer } from './issuer.ts';
import type { Watcher } from './watcher.ts';
import { openWatcher } from './watcher.ts';

export type SiteOptions = {
  /** Where issuer and watcher meet the broker. */
  url: string;
  /** Of issuer and watcher; the agent finds out by itself. 5 unless said. */
  protocolVersion?: 4 | 5;
  /** Where the agent meets that broker, and perhaps others; `url` unless said. */
  agentUrls?: readonly string[];
  /** Seconds over which racks spread their return; 1 unless said. */
  restoreWindowS?: number;
  /** Whether power flickers as it does in the field; it does unless said. */
  noise?: boolean;
  /** Where the adapter of the serial line will be that the meter hangs on; it is behind a gateway unless said. */
  serialPort?: string;
  /** Where the agent runs, when that is not this checkout, and a folder that is seen there too. */
  installed?: { readonly ballast: Ballast; readonly folder: string };
};

/** The serial line of the meter, where there is one. */
export const LINE = 'rtu1';

export type Site = {
  readonly rack: SimulatedRack;
  readonly files: RackFiles;
  readonly watcher: Watcher;
  readonly issuer: Issuer;
  /** A process that ends with the test at the latest. */
  start(): AgentProcess;
  /** Starts the agent and waits until it knows every miner's home. */
  startReady(): Promise<AgentProcess>;
  /** Write commands of all miners so far, in the order of the miners. */
  writes(): string[][];
  /** When the miners have been given so many write commands in all. One waits at a time. */
  written(count: number): Promise<void>;
  asleep(): string[];
};

/** Ends with the test. */
export async function openSite(
  t: TestContext,
  { url, protocolVersion = 5, agentUrls = [url], restoreWindowS = 1, noise = true, serialPort, installed }: SiteOptions,
): Promise<Site> {
  const rack = createRack({
    clock: systemClock,
    miners,
    otherLoadsW: 300,
    ...(noise && { noiseSeed: 7 }),
    ...(serialPort !== undefined && { meter: { line: LINE } }),
  });
  const folder = await mkdtemp(join(installed?.folder ?? tmpdir(), 'ballast-site-'));
  const lines = new Map(serialPort === undefined ? [] : [[LINE, serialPort]]);
  const wiring = { addresses: await rack.listen(), lines };
  const files = await writeFiles(folder, rack, wiring, agentUrls, { ...pace, restoreWindowS });
  const watcher = await openWatcher(url, protocolVersion);
  const issuer = await openIssuer(url, protocolVersion, folder);
  const agents: AgentProcess[] = [];
  t.after(async () => {
    await Promise.all(agents.map((agent) => agent.kill()));
    await Promise.all([watcher.stop(), issuer.stop(), rack.stop()]);
    await rm(folder, { recursive: true });
  });
  const start = () => {
    const agent = startAgent(files, installed?.ballast);
    agents.push(agent);
    return agent;
  };
  const startReady = async () => {
    const known = rack.miners.map(({ spec }) =>
      watcher.next('device', ({ device, home }) => device === spec.id && home === 'awake'),
    );
    const agent = start();
    await Promise.race([Promise.all(known), agent.died]);
    return agent;
  };
  return {
    rack,
    files,
    watcher,
    issuer,
    start,
    startReady,
    writes: () => rack.miners.map((miner) => [...miner.writes]),
    written: (count) => {
      const all = Promise.withResolvers<void>();
      const look = () => {
        if (rack.miners.reduce((sum, { writes }) => sum + writes.length, 0) >= count) all.resolve();
      };
      for (const miner of rack.miners) miner.onWrite = look;
      look();
      return all.promise;
    },
    asleep: () => rack.miners.filter((miner) => miner.asleep).map(({ spec }) => spec.id),
  };
}

/** While its agent is dead. */
export async function loseJournal({ files }: Site): Promise<void> {
  const state = join(files.folder, 'state');
  const journal = (await readdir(state)).filter((file) => file.startsWith('journal.db'));
  assert.ok(journal.length > 0);
  await Promise.all(journal.map((file) => rm(join(state, file))));
}

/** Seconds become tenths: every wait of an event is gone through, none is long. */
const pace: Pace = { restoreWindowS: 1, meterWindowS: 2, meterMs: 100, deviceMs: 500 };
const timing: WhatsminerOptions['timing'] = {
  replyMs: 5,
  powerOff: { deadMs: 100, tauMs: 50 },
  percent: { deadMs: 50, tauMs: 50 },
  bootMs: 200,
  preheatMs: 200,
  upfreqMs: 400,
};

/** Best efficiency first: m01 is worth most per watt. The password is no word that a log would hold by chance. */
const miners: WhatsminerOptions[] = [1, 2, 3, 4].map((n) => ({
  id: `m0${n}`,
  ratedW: 3400,
  ratedThs: 140 - 3 * n,
  password: 'Zeche-Nachtigall-1714',
  timing,
}));
