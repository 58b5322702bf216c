/** The loop with its real hardware side, against a simulated rack: no broker, since trips act without one. */

import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { configSchema } from '#agent/config/config.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import { Hands } from '#agent/hands.ts';
import { Loop } from '#agent/loop.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import { buildRack } from '#agent/rack.ts';
import type { Observation } from '#agent/state/observation.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import type { Hertz, Millis, Watts } from '#protocol/units.ts';
import type { SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
import { accepted, policyOf, RACK } from '#test/support/pictures.ts';
import { AT } from '#test/support/signed.ts';
import { paced } from './paced.ts';

export type Wire = { readonly kind: 'tcp' } | { readonly kind: 'rtu'; readonly baud: number };
/** Of one trip, on the monotonic clock. */
export type Cut = {
  readonly order: string;
  readonly seenAt: Millis;
  readonly decidedAt: Millis;
  wroteAt: Millis | undefined;
};

export type Rig = {
  readonly rack: SimulatedRack;
  readonly cuts: readonly Cut[];
  stop(): Promise<void>;
};

const NOMINAL_V = 240;
const MINER_W: Watts = 3000;
const RESIDUAL_W: Watts = 20;
const MODEL = 'eastron-sdm630';
const log = openLog('silent');

/** One trip for every threshold, each worth one miner. */
export async function openRig(wire: Wire, thresholds: readonly Hertz[]): Promise<Rig> {
  const miners = thresholds.map((_, i) => ({ id: `m${i + 10}`, ratedW: MINER_W, ratedThs: 130 - i }));
  const rack = createRack({
    clock: systemClock,
    miners,
    voltageV: NOMINAL_V,
    ...(wire.kind === 'rtu' && { meter: { line: 'rtu1' } }),
  });
  const at = await rack.listen();
  const cuts: Cut[] = [];
  const wrote = (port: number) => {
    if (ports.has(port)) for (const cut of cuts) cut.wroteAt ??= systemClock.monotonic();
  };
  const ports = new Set(rack.miners.flatMap(({ spec }) => at.get(spec.id)?.port ?? []));
  const text = await readFile(new URL(`../../../firmware-adapters/modbus/maps/${MODEL}.json`, import.meta.url), 'utf8');
  const config = configSchema.parse({
    site: 'bench',
    rack: RACK,
    broker: { urls: ['mqtt://none'] },
    buses: [
      wire.kind === 'tcp'
        ? { id: 'net', kind: 'tcp', ...at.get('feed') }
        : { id: 'net', kind: 'rtu', port: '/dev/rtu1', baud: wire.baud },
    ],
    meters: [{ id: 'feed', bus: 'net', unit: 1, model: MODEL, role: 'feed', period_ms: 50 }],
    devices: rack.miners.map(({ spec }) => ({
      id: spec.id,
      adapter: 'whatsminer-v2',
      ...at.get(spec.id),
      mac: spec.mac,
      password_file: 'pw',
      rated_w: MINER_W,
      period_ms: 600_000,
    })),
  });
  const hardware = buildRack(config, {
    clock: systemClock,
    log,
    connect: async (host, port, signal) => watched(await connectTcp(host, port, signal), () => wrote(port)),
    serial: async () => paced(rack.serial('rtu1'), wire.kind === 'rtu' ? wire.baud : 0),
    maps: new Map([[MODEL, parseRegisterMap(text, `${MODEL}.json`)]]),
    secret: async () => rack.miners[0]?.spec.password ?? '',
  });
  const policy = policyOf({ frequency: { trip: 'armed', nominal_v: NOMINAL_V }, limits: { restore_window_s: 0 } });
  let seenAt: Millis = 0;
  let decidedAt: Millis = 0;
  const hands = new Hands(hardware, { clock: systemClock, log, observe: (each) => observe(each) });
  const loop = new Loop({
    rack: RACK,
    clock: systemClock,
    policy: () => policy,
    actuate: (plan, picture, now) => {
      decidedAt = systemClock.monotonic();
      for (const { phase, order } of plan.steps) {
        if (phase === 'acting') cuts.push({ order, seenAt, decidedAt, wroteAt: undefined });
      }
      return hands.actuator.apply(plan, picture, now);
    },
    turned: () => {},
    recorder: { seen: () => {}, recalled: () => {} },
  });
  function observe(each: Observation): void {
    seenAt = systemClock.monotonic();
    loop.observe(each);
  }
  loop.start(emptyPicture, emptyMemory);
  loop.observe(hands.inventory);
  loop.observe({ kind: 'ordersKnown' });
  hands.start();
  const from = (systemClock.wall() - AT.wall) / 1000 - 1;
  for (const [i, below_hz] of thresholds.entries()) {
    const change = { id: `o-${i}`, program: `p${i}`, event: `e${i}`, from, until: from + 600, ramp: AT_ONCE };
    const target = { kind: 'trip', below_hz, watts: MINER_W - RESIDUAL_W, hold_s: 300 } as const;
    loop.observe({ kind: 'order', accepted: accepted(target, change) });
  }
  return {
    rack,
    cuts,
    stop: async () => {
      loop.stop();
      await hands.stop();
      await rack.stop();
    },
  };
}

const AT_ONCE = { down_w_per_s: null, up_w_per_s: null };

function watched(stream: Duplex, wrote: () => void): Duplex {
  const write = stream.write.bind(stream);
  stream.write = ((...given: Parameters<typeof write>) => {
    wrote();
    return write(...given);
  }) as typeof stream.write;
  return stream;
}
