/**
 * A rack of fast GPUs, miners with a fast dial and miners that restart follows a setpoint that changes every two
 * seconds, and then a ladder of base points. Scored as PJM scores regulation (Manual 12), on the signal's deviation
 * from its base.
 */
import type { DeviceFacts } from '#agent/state/observation.ts';
import { deviceOf } from '#agent/state/picture.ts';
import type { Capability } from '#protocol/capability.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import type { ModelDevice } from '#test/support/model-rack.ts';
import { ModelRack } from '#test/support/model-rack.ts';
import { accepted, miner, policyOf } from '#test/support/pictures.ts';
import type { Bench, Check } from './bench.ts';
import { mean, pjmScore, SAMPLE_S } from './tracking/score.ts';

export const tracking: Bench = {
  name: 'tracking',
  what: 'a rack follows a signal of 2 s for 40 min, and base points of 5 min',
  run: async ({ say }) => {
    const fast = followed(signal(), SIGNAL_S);
    say(`${fast.asked.length * SAMPLE_S} s of a signal that changes every ${SIGNAL_S} s`);
    const ladder = followed(LADDER, LADDER_S);
    say(`${ladder.asked.length * SAMPLE_S} s of base points, one every ${LADDER_S} s`);
    const score = pjmScore(fast.asked.map(deviation), fast.drawn.map(deviation));
    const checks: Check[] = [
      { what: 'PJM score, signal of 2 s', value: score.total, limit: 0.95, better: 'higher' },
      { what: 'mean error, signal of 2 s', value: meanError(fast), limit: 0.03, better: 'lower' },
      { what: 'mean error, base points of 5 min', value: meanError(ladder), limit: 0.03, better: 'lower' },
    ];
    const figures = {
      correlation: score.correlation,
      delay: score.delay,
      precision: score.precision,
      slow_miner_calls: fast.slowCalls,
    };
    return { kind: 'ran', checks, figures };
  },
};

const SIGNAL_S: Seconds = 2;
const LADDER_S: Seconds = 300;
const SPAN_S: Seconds = 2400;
const BASE_W: Watts = 24_000;
const SWING_W: Watts = 4000;
const LADDER: readonly Watts[] = [24_000, 20_000, 16_000, 22_000, 26_000, 19_000, 14_000, 25_000];
/** Before it is scored: the miners that restart need this long for their first move. */
const SETTLE_S: Seconds = 600;

const policy = policyOf();
const atOnce = { ramp: { down_w_per_s: null, up_w_per_s: null } };

/** As hurried as PJM's RegD: slow waves under quick ones, none a multiple of another. */
function signal(): Watts[] {
  return Array.from({ length: (SETTLE_S + SPAN_S) / SIGNAL_S }, (_, i) => {
    const s = i * SIGNAL_S;
    const wave = 0.55 * Math.sin(s / 97) + 0.3 * Math.sin(s / 31) + 0.15 * Math.sin(s / 11);
    return BASE_W + Math.round(SWING_W * wave);
  });
}

type Followed = { readonly asked: Watts[]; readonly drawn: Watts[]; readonly slowCalls: number };

/** One level after the other, each for `everyS`. Means of 10 s, after the rack has settled. */
function followed(levels: readonly Watts[], everyS: Seconds): Followed {
  const drawn: Watts[] = [];
  const rack = new ModelRack({
    devices,
    policy,
    meterMs: 500,
    readMs: 500,
    stepped: ({ ms, watts }) => {
      if (ms > SETTLE_S * 1000) drawn.push(watts);
    },
  });
  const asked: Watts[] = [];
  let slowCalls = 0;
  for (const [i, watts] of levels.entries()) {
    const from = i * everyS;
    const change = { id: `o-${i}`, seq: i + 1, from, until: from + 4 * everyS, ...atOnce };
    rack.hear({ kind: 'order', accepted: accepted({ kind: 'setpoint', watts }, change) });
    for (let s = 0; s < everyS; s++) if (from + s >= SETTLE_S) asked.push(watts);
    const before = slowSettings(rack);
    rack.advance(everyS * 1000);
    if (from >= SETTLE_S && slowSettings(rack) !== before) slowCalls += 1;
  }
  return { asked: meansOf(asked, SAMPLE_S), drawn: meansOf(drawn, (SAMPLE_S * 1000) / 50), slowCalls };
}

function slowSettings({ picture }: ModelRack): string {
  return JSON.stringify(slow.map(({ facts }) => deviceOf(picture, facts.id)?.asked?.setting));
}

function meansOf(values: readonly number[], each: number): number[] {
  return Array.from({ length: Math.floor(values.length / each) }, (_, i) =>
    mean(values.slice(i * each, (i + 1) * each)),
  );
}

function deviation(watts: Watts): Watts {
  return watts - BASE_W;
}

/** Of what was asked. */
function meanError({ asked, drawn }: Followed): number {
  return mean(asked.map((watts, i) => Math.abs((drawn[i] ?? 0) - watts))) / mean(asked);
}

const quick: Capability = { settle_ms: 1000, restarts: false, persistent: false, min_interval_s: 0 };
const dialOf = (min: number, max: number, unit: 'watts' | 'percent') => ({
  ...quick,
  range: { min, max, step: 1, unit },
});

function modelled(facts: DeviceFacts, delayMs: number, tauMs: number, factor: number): ModelDevice {
  return { facts, delayMs, tauMs, factor };
}

const gpus = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => {
  const controls = { limit: dialOf(200, 700, 'watts') };
  return modelled(miner(`gpu${n}`, { kind: 'gpu', ratedW: 700, controls }), 50, 50, 1 + (n % 3) / 100);
});
const dialled = [1, 2, 3, 4].map((n) => {
  const { sleep, wake } = miner('any').controls;
  const controls = { ...(sleep && { sleep }), ...(wake && { wake }), limit: dialOf(20, 100, 'percent') };
  return modelled(miner(`whatsminer${n}`, { ratedW: 3400, controls }), 300, 400, 0.98 + n / 100);
});
const slow = [1, 2, 3, 4].map((n) => {
  const { sleep, wake, limit } = miner('any').controls;
  const worn = { restarts: true, persistent: true };
  const controls = {
    ...(sleep && { sleep }),
    ...(wake && { wake }),
    ...(limit && { limit: { ...limit, ...worn, settle_ms: 60_000, min_interval_s: 60 } }),
  };
  return modelled(miner(`antminer${n}`, { ratedW: 3000, controls }), 5000, 20_000, 0.98);
});
const devices = [...gpus, ...dialled, ...slow];
