/**
 * The loop with its real hardware side, as the agent runs it, against a simulated rack in a process of its own. No
 * broker: trips act without one.
 */
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { configSchema } from '#agent/config/config.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import { Loop } from '#agent/loop.ts';
import { now, systemClock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import { buildRack } from '#agent/rack/rack.ts';
import { rehearse } from '#agent/rehearse.ts';
import { RunningRack } from '#agent/running-rack.ts';
import type { Observation } from '#agent/state/observation.ts';
import { devicesOf, emptyPicture, feedMeter } from '#agent/state/picture.ts';
import type { Hertz, Millis, Watts } from '#protocol/units.ts';
import { accepted, policyOf, RACK } from '#test/support/pictures.ts';
import { AT } from '#test/support/signed.ts';
import { next } from '../command-path/await.ts';
import { moment } from '../command-path/moment.ts';
import type { Crossings, FromRack, Look, ToRack } from './rack-process.ts';
import { MINER_W, NOMINAL_V } from './rack-process.ts';

export type Wire = { readonly kind: 'tcp' } | { readonly kind: 'rtu'; readonly baud: number };

/** Of one trip, on the machine's monotonic clock. */
export type Cut = {
  readonly order: string;
  /** When the look that decided it was asked for, and when it had come. */
  readonly askedAt: Millis;
  readonly seenAt: Millis;
  readonly decidedAt: Millis;
  wroteAt: Millis | undefined;
};

export type Rig = {
  readonly cuts: readonly Cut[];
  /** Lets the grid go through it. */
  replay(looks: readonly Look[]): Promise<Crossings>;
  stop(): Promise<void>;
};

const RESIDUAL_W: Watts = 20;
const MODEL = 'eastron-sdm630';
const PERIOD_MS: Millis = 50;
const log = openLog('silent');

/** One trip for every threshold, each worth one miner. */
export async function openRig(wire: Wire, thresholds: readonly Hertz[]): Promise<Rig> {
  const far = await startRack(wire, thresholds.length);
  const { meter, miners, password } = far.there;
  const cuts: Cut[] = [];
  let [askedAt, seenAt]: [Millis, Millis] = [0, 0];
  const wrote = (port: number) => {
    if (port === meter.port) askedAt = moment();
    else for (const cut of cuts) cut.wroteAt ??= moment();
  };
  const connect = async (host: string, port: number, signal: AbortSignal) =>
    watched(await connectTcp(host, port, signal), () => wrote(port));
  const text = await readFile(new URL(`../../../firmware-adapters/modbus/maps/${MODEL}.json`, import.meta.url), 'utf8');
  const config = configSchema.parse({
    site: 'bench',
    rack: RACK,
    broker: { urls: ['mqtt://none'] },
    buses: [
      wire.kind === 'tcp'
        ? { id: 'net', kind: 'tcp', ...meter }
        : { id: 'net', kind: 'rtu', port: '/dev/rtu1', baud: wire.baud },
    ],
    meters: [{ id: 'feed', bus: 'net', unit: 1, model: MODEL, role: 'feed', period_ms: PERIOD_MS }],
    devices: miners.map((miner) => ({
      ...miner,
      adapter: 'whatsminer-v2',
      password_file: 'pw',
      rated_w: MINER_W,
      period_ms: 600_000,
    })),
  });
  const hardware = buildRack(config, {
    clock: systemClock,
    log,
    connect,
    serial: () => connect(meter.host, meter.port, new AbortController().signal),
    maps: new Map([[MODEL, parseRegisterMap(text, `${MODEL}.json`)]]),
    secret: async () => password,
  });
  const policy = policyOf({ frequency: { trip: 'armed', nominal_v: NOMINAL_V }, limits: { restore_window_s: 0 } });
  const running = new RunningRack(hardware, { clock: systemClock, log, observe: (each) => observe(each) });
  const loop = new Loop({
    rack: RACK,
    clock: systemClock,
    policy: () => policy,
    actuate: (plan, picture, at) => {
      const decidedAt = moment();
      for (const { phase, order } of plan.steps) {
        if (phase === 'acting') cuts.push({ order, askedAt, seenAt, decidedAt, wroteAt: undefined });
      }
      return running.actuator.apply(plan, picture, at);
    },
    turned: () => {},
    recorder: { seen: () => {}, recalled: () => {} },
  });
  function observe(each: Observation): void {
    seenAt = moment();
    loop.observe(each);
  }
  loop.start(emptyPicture, emptyMemory);
  loop.observe(running.inventory);
  loop.observe({ kind: 'ordersKnown' });
  running.start();
  await rehearse({ site: 'bench', rack: RACK, policy, picture: loop.picture, now: now(systemClock) });
  const isKnown = () => devicesOf(loop.picture).every(({ reading }) => reading) && feedMeter(loop.picture)?.reading;
  while (!isKnown()) await sleep(PERIOD_MS);
  for (const [i, below] of thresholds.entries()) loop.observe(tripBelow(below, i));
  return {
    cuts,
    replay: (looks) => far.replay({ looks, thresholds }),
    stop: async () => {
      loop.stop();
      await running.stop();
      far.stop();
    },
  };
}

function tripBelow(below_hz: Hertz, i: number): Observation {
  const from = (systemClock.wall() - AT.wall) / 1000 - 1;
  const change = { id: `o-${i}`, program: `p${i}`, event: `e${i}`, from, until: from + 600, ramp: AT_ONCE };
  const target = { kind: 'trip', below_hz, watts: MINER_W - RESIDUAL_W, hold_s: 300 } as const;
  return { kind: 'order', accepted: accepted(target, change) };
}

const AT_ONCE = { down_w_per_s: null, up_w_per_s: null };

type FarRack = {
  readonly there: Extract<FromRack, { kind: 'listening' }>;
  replay(event: ToRack): Promise<Crossings>;
  stop(): void;
};

async function startRack(wire: Wire, miners: number): Promise<FarRack> {
  const args = [miners, ...(wire.kind === 'rtu' ? [wire.baud] : [])].map(String);
  const child = fork(join(import.meta.dirname, 'rack-process.ts'), args);
  const said = new EventEmitter();
  child.on('message', (message: FromRack) => said.emit(message.kind, message));
  return {
    there: await next<FarRack['there']>(said, 'listening'),
    replay: async (event) => {
      child.send(event);
      return (await next<Extract<FromRack, { kind: 'replayed' }>>(said, 'replayed')).crossings;
    },
    stop: () => void child.kill(),
  };
}

function watched(stream: Duplex, wrote: () => void): Duplex {
  const write = stream.write.bind(stream);
  stream.write = ((...given: Parameters<typeof write>) => {
    wrote();
    return write(...given);
  }) as typeof stream.write;
  return stream;
}
