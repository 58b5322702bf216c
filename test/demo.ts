/**
 * The main job, from nothing: a broker, a simulated rack of miners and GPUs on real wire protocols, the agent as its own
 * process, and an operator's orders from the broker to the meter and back: first the miners give way, then, in an
 * emergency, the AI work too, and nothing of it is lost. Leaves it all running, to try more on it.
 *
 *   --once               stop when the walk is over
 *   --folder <path>      where the rack's files go (demo-data); it is emptied first
 *   --port <number>      of the broker on TCP (1883); 0 for any
 *   --web-port <number>  of the broker on WebSocket (8083); 0 for any
 *   --page-port <number> of the console (8080); 0 for any
 */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { systemClock } from '#agent/platform/clock.ts';
import { serveFolder } from '#agent/platform/web-files.ts';
import type { RackEvent } from '#protocol/lifecycle.ts';
import type { DeviceStatus } from '#protocol/telemetry.ts';
import type { DemoBroker } from '#test/demo/broker.ts';
import { startBroker } from '#test/demo/broker.ts';
import { openGpus } from '#test/demo/gpus.ts';
import { luxosDemoTiming } from '#test/simulator/luxos-spec.ts';
import { createRack } from '#test/simulator/rack.ts';
import { demoTiming } from '#test/simulator/whatsminer-spec.ts';
import { GpuWork } from '#test/support/gpu-work.ts';
import { openPty } from '#test/support/pty.ts';
import type { RackFiles } from '#test/support/rack-files.ts';
import { demoPace, SITE, writeFiles } from '#test/support/rack-files.ts';
import { buildConsole } from '../packaging/console.ts';

const root = join(import.meta.dirname, '..');
const cli = join(root, 'agent/cli/ballast.ts');
const children = new Set<ChildProcess>();
const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    folder: { type: 'string', default: join(root, 'demo-data') },
    port: { type: 'string', default: '1883' },
    'web-port': { type: 'string', default: '8083' },
    'page-port': { type: 'string', default: '8080' },
  },
});

const LINE = 'rtu1';
const OTHER_LOADS_W = 300;
const rack = createRack({
  clock: systemClock,
  // Best efficiency first, as if bought over three years.
  miners: Array.from({ length: 12 }, (_, i) => {
    const common = { id: `m${String(i + 1).padStart(2, '0')}`, ratedW: 3400, ratedThs: 140 - 3 * i };
    return i % 3 === 2
      ? { ...common, kind: 'luxos' as const, timing: luxosDemoTiming }
      : { ...common, timing: demoTiming };
  }),
  meter: { line: LINE },
  sensors: [
    { id: 'inlet', line: LINE, unit: 10 },
    { id: 'outlet', line: LINE, unit: 11, riseKPerKw: 0.35 },
  ],
  pdus: [{ id: 'pdu-a', outlets: { 1: 'm09', 2: 'm10', 3: 'm11', 4: 'm12' } }],
  otherLoadsW: OTHER_LOADS_W,
  noiseSeed: 7,
});
// Every rack has one.
rack.miner('m11').faults.refusesSleep = true;
const pty = openPty();
rack.attachSerial(LINE, pty.master);
// Of what stands in for the machine: drivers, and what runs on the GPUs.
const machine = mkdtempSync(join(tmpdir(), 'ballast-demo-'));
const gpus = openGpus(machine);
const trains = spawnSync('python3', ['--version']).status === 0;
const work = await GpuWork.start(machine, { trains });
const broker = await startBroker({ mqtt: Number(options.port), web: Number(options['web-port']) });
const wiring = { addresses: await rack.listen(), lines: new Map([[LINE, pty.path]]) };
const files = await writeFiles(resolve(options.folder), rack, wiring, [broker.url], demoPace, {
  moreDevices: gpus.devices,
  workloads: work.workloads,
});
if (trains) work.train(files.folder);
work.drive(gpus.host, rack.otherLoads, OTHER_LOADS_W);
process.on('exit', () => {
  for (const child of children) child.kill();
  work.kill();
  rmSync(machine, { recursive: true, force: true });
});
// A closed terminal included: the agent must not stay behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(0));

say('Ballast demo', 'the rack is simulated; everything else is real');
say('miners', '8 WhatsMiners and 4 LuxOS; a GUDE PDU can cut the last four');
say('GPUs', `8 ${gpus.told}`);
say('AI work', `vLLM, ${trains ? 'a trainer in Python, ' : ''}a plain process; gpu7 is protected`);
if (!trains) say('left out', 'the trainer in Python: there is no python3 here');
say('serial line', `an Eastron SDM630 and two XY-MD02, Modbus RTU on ${pty.path}`);
say('trouble', 'm11 refuses to sleep: others are cut in its place');
say('broker', `${broker.url}  and  ${broker.webUrl}`);
const page = await openConsole(broker);
say('console', page);
startAgent(files);
await heard(broker, 'device/m12', (device: DeviceStatus) => device.home === 'awake');
say('agent', `reads ${Math.round(rack.watts())} W on the feed; log in ${shown(join(files.folder, 'agent.log'))}`);

heading('1. The grid operator orders the rack down to 40 %, for ten minutes');
void ballast(
  'order',
  '--operator',
  shown(files.operator),
  '--to',
  'all',
  '--ceiling',
  '40%',
  '--for',
  '10m',
  '--reason',
  'demo',
);
await phase('holding');
// The operator's terminal gets the last word first.
await systemClock.sleep(300);
heading('2. The rack, asked on the spot: miners gave way, the AI work did not notice');
await ballast('status', '--config', shown(files.config));
heading('3. An emergency: 3 %. Now the AI work gives way too, each in its own way');
rack.miner('m11').faults.refusesSleep = false;
say('trouble', 'm11 has been mended');
void ballast('order', '--operator', shown(files.operator), '--to', 'all', '--ceiling', '3%', '--for', '10m');
await phase('metered');
await systemClock.sleep(300);
tellWork(({ rests_at }) =>
  rests_at === undefined ? 'computes' : `was told, saved itself, and rests at step ${rests_at}`,
);
heading('4. The operator releases it early');
const released = ballast('order', '--operator', shown(files.operator), '--to', 'all', '--release');
await phase('restored');
await released;
tellWork(({ runs_at }) => (runs_at === undefined ? 'rests' : `runs on from step ${runs_at}`));
say('meter', `${Math.round(rack.watts())} W and climbing: miners warm up before they draw full power`);
if (options.once) process.exit(0);

heading('It all goes on running. To try next, in another terminal:');
console.log(`  export BALLAST_CONFIG=${shown(files.config)} op=${shown(files.operator)}`);
for (const [command, what] of [
  ['bin/ballast top', 'the rack, live'],
  ['bin/ballast explain gpu4', 'why it is set as it is'],
  ['bin/ballast order --operator $op --to all --ceiling 15% --for 5m --dry-run', 'who would be cut, and why'],
  ['bin/ballast order --operator $op --to rack/r01 --ceiling 10kW --for 2m', 'another order, in watts'],
  ['bin/ballast order --operator $op --to all --release', 'end it early'],
  [`mosquitto_sub -p ${new URL(broker.url).port} -v -t 'ballast/v1/#'`, 'everything on the wire'],
] as const) {
  console.log(`  ${command}\n      ${styleText('dim', what)}`);
}
console.log(`\nThe console is at ${page}`);
console.log(`Any MQTT client sees it all at ${broker.url}. Ctrl-C stops everything.`);

/** @returns its address, with what the page needs to know. */
async function openConsole({ webUrl }: DemoBroker): Promise<string> {
  const folder = join(resolve(options.folder), 'console');
  await buildConsole(folder);
  const host = '127.0.0.1';
  const port = Number(options['page-port']);
  const page = await serveFolder(folder, { host, port }).catch(() => serveFolder(folder, { host, port: 0 }));
  return `${page.url}?broker=${webUrl}&site=${SITE}`;
}

function startAgent({ config, policy, folder }: RackFiles): void {
  const agent = spawn(process.execPath, [cli, 'agent', '--config', config, '--policy', policy], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...gpus.environment },
  });
  children.add(agent);
  const log = createWriteStream(join(folder, 'agent.log'));
  agent.stdout.pipe(log);
  agent.stderr.pipe(log);
  agent.stderr.pipe(process.stderr);
  agent.on('exit', (code) => {
    if (code === null) return;
    console.error(`the agent ended with code ${code}; its last words are in ${shown(join(folder, 'agent.log'))}`);
    process.exit(1);
  });
}

/** Runs the command line as an operator would; resolves when it ends. */
function ballast(...words: string[]): Promise<void> {
  console.log(styleText('cyan', `$ ballast ${words.join(' ')}`));
  const child = spawn(process.execPath, [cli, ...words], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  children.add(child);
  return new Promise((ended) => {
    child.on('exit', () => {
      children.delete(child);
      ended();
    });
  });
}

/** @param trainer says what it did last. */
function tellWork(trainer: (said: Record<string, number>) => string): void {
  const { vllm, answers, batchRests } = work;
  const unanswered = answers.filter((status) => status !== 200).length + vllm.lost.hung + vllm.lost.aborted;
  say(
    'chat',
    `${vllm.asleep ? 'drained, then asleep' : 'awake'}: ${answers.length} requests answered, ${unanswered} lost`,
  );
  if (trains) say('train', trainer(work.trainer.all.at(-1) ?? {}));
  say('batch', batchRests ? 'frozen where it was' : 'runs');
}

function phase(wanted: RackEvent['phase']): Promise<void> {
  return heard(broker, 'event', (event: RackEvent) => event.phase === wanted);
}

function heard<Payload>(from: DemoBroker, tail: string, fits: (payload: Payload) => boolean): Promise<void> {
  return new Promise((resolve) => {
    from.listen((topic, payload) => {
      if (topic.endsWith(`/${tail}`) && fits(JSON.parse(payload) as Payload)) resolve();
    });
  });
}

function heading(text: string): void {
  console.log(`\n${styleText('bold', text)}`);
}

function say(what: string, text: string): void {
  console.log(`${styleText('bold', what.padEnd(14))}${text}`);
}

function shown(path: string): string {
  return relative(root, path);
}
