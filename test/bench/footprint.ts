/**
 * What the agent weighs on a rack controller: memory, computing and start-up with five meters and 200 devices at 1 Hz, and
 * with the five meters alone, beside Node-RED that reads the same five. Meters and miners are in other processes.
 */
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { stringify } from 'yaml';
import { bundledCli } from '#test/support/bundled-cli.ts';
import { nodeOptions } from '#test/support/launcher.ts';
import type { Bench, Check, Outcome, Surroundings } from './bench.ts';
import { startMiners } from './command-path/actors.ts';
import { next } from './command-path/await.ts';
import { openBroker } from './command-path/broker.ts';
import { PASSWORD } from './command-path/miners.ts';
import { minerDevices } from './command-path/site.ts';
import type { FromMeters } from './footprint/meters.ts';
import { installNodeRed, PEER_TOPIC } from './footprint/node-red.ts';
import type { Weight } from './footprint/weighed.ts';
import { Weighed } from './footprint/weighed.ts';

const METERS = 5;
const DEVICES = 200;
const PERIOD_MS = 1000;
/** Until the code is warm and the heap has found its size; then what is measured. */
const SETTLE_MS = 20_000;
const WINDOW_MS = 30_000;
const SITE = 'bench';

export const footprint: Bench = {
  name: 'footprint',
  what: 'memory, CPU and start-up with 5 meters and 200 devices at 1 Hz, beside Node-RED',
  run: async ({ say }) => {
    const ends: (() => unknown)[] = [];
    try {
      return await weigh(ends, say);
    } finally {
      for (const end of ends.toReversed()) await end();
    }
  },
};

async function weigh(ends: (() => unknown)[], say: Surroundings['say']): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-footprint-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const broker = await openBroker();
  ends.push(() => broker.stop());
  const meters = fork(join(import.meta.dirname, 'footprint/meters.ts'), [String(METERS)]);
  ends.push(() => void meters.kill());
  const { ports } = await next<FromMeters>(meters, 'message');
  say('installing Node-RED');
  const peer = await installNodeRed(join(folder, 'peer'), Number(new URL(broker.url).port), ports);
  if (peer.kind === 'failed') return { kind: 'notRun', why: peer.why };
  const cli = await bundledCli('footprint');
  const miners = await startMiners(DEVICES);
  ends.push(() => miners.stop());
  const devices = minerDevices(miners.list).map((device) => ({ ...device, period_ms: PERIOD_MS }));
  const client = await connectAsync(broker.url, { protocolVersion: 5 });
  ends.push(() => void client.end(true));
  await client.subscribeAsync(['ballast/#', `${PEER_TOPIC}/#`]);

  // One after the other, so that none waits for another's start.
  const start = async (args: readonly string[], name: string, fits: (topic: string, payload: string) => boolean) => {
    say(`starting ${name}`);
    const weighed = await Weighed.start(args, join(folder, `${name}.log`), client, fits);
    ends.push(() => weighed.stop());
    return weighed;
  };
  const agent = async (rack: string, its: readonly object[]) => {
    const args = await agentArgs(join(folder, rack), cli, { rack, brokerUrl: broker.url, ports, devices: its });
    return await start([...nodeOptions(), ...args], rack, (topic, payload) => isMetered(rack, topic, payload));
  };
  const small = await agent('meters-only', []);
  const peers = await start(peer.args, 'node-red', (topic) => topic.startsWith(PEER_TOPIC));
  const full = await agent('full', devices);
  say(`${(SETTLE_MS + WINDOW_MS) / 1000} s side by side`);
  await sleep(SETTLE_MS);
  for (const each of [small, peers, full]) each.begin();
  await sleep(WINDOW_MS);
  const told = outcome({ small, peer: peers, full });
  say('ending');
  return told;
}

/** A rack whose five meters are its feeds. */
async function agentArgs(
  folder: string,
  cli: string,
  {
    rack,
    brokerUrl,
    ports,
    devices,
  }: { rack: string; brokerUrl: string; ports: readonly number[]; devices: readonly object[] },
): Promise<string[]> {
  await mkdir(folder);
  await writeFile(join(folder, 'miners.pw'), `${PASSWORD}\n`, { mode: 0o600 });
  const config = join(folder, 'config.yaml');
  const buses = ports.map((port, i) => ({ id: `net${i + 1}`, kind: 'tcp', host: '127.0.0.1', port }));
  const meters = ports.map((_port, i) => ({
    id: `feed${i + 1}`,
    bus: `net${i + 1}`,
    unit: 1,
    model: 'eastron-sdm630',
    role: 'feed',
    period_ms: PERIOD_MS,
  }));
  await writeFile(
    config,
    stringify({ site: SITE, rack, broker: { urls: [brokerUrl] }, socket: 'ballast.sock', buses, meters, devices }),
  );
  await writeFile(join(folder, 'policy.yaml'), stringify({ clock: 'trusted', commissioning: 'waived' }));
  return [cli, 'agent', '--config', config, '--log-level', 'warn'];
}

function isMetered(rack: string, topic: string, payload: string): boolean {
  if (topic !== `ballast/v1/${SITE}/rack/${rack}/power` || payload === '') return false;
  return (JSON.parse(payload) as { power_from: string | null }).power_from === 'metered';
}

type Three = Readonly<Record<'small' | 'peer' | 'full', Weighed>>;

function outcome(three: Three): Outcome {
  const { small, peer, full } = three;
  const [ours, theirs, all] = [small.weigh(), peer.weigh(), full.weigh()];
  return {
    kind: 'ran',
    checks: [
      check('five meters: memory, of Node-RED', ours.residentMb / theirs.residentMb),
      check('five meters: CPU, of Node-RED', ours.cpuPercent / theirs.cpuPercent),
      check('five meters: start to the first watts, of Node-RED', small.startMs / peer.startMs),
      check('with 200 devices too: memory, of Node-RED', all.residentMb / theirs.residentMb),
      check('with 200 devices too: start, of Node-RED', full.startMs / peer.startMs),
    ],
    figures: {
      ...figures('meters', small, ours),
      ...figures('node_red', peer, theirs),
      ...figures('full', full, all),
      full_cpu_of_node_red: all.cpuPercent / theirs.cpuPercent,
    },
  };
}

function check(what: string, value: number): Check {
  return { what, value, limit: 1, better: 'lower' };
}

function figures(who: string, { startMs }: Weighed, { residentMb, privateMb, cpuPercent }: Weight) {
  return {
    [`${who}_start_ms`]: startMs,
    [`${who}_resident_mb`]: residentMb,
    [`${who}_private_mb`]: privateMb,
    [`${who}_cpu_percent`]: cpuPercent,
  };
}
