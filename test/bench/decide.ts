/**
 * How long one decision takes, by the number of devices: every turn decides anew, so this is paid at each. And how long
 * it takes to take in what one device says, which is paid for each of them between two turns.
 */
import { performance } from 'node:perf_hooks';
import { decide } from '#agent/decide/decide.ts';
import type { Memory } from '#agent/decide/plan.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import type { Observation } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { devicesOf } from '#agent/state/picture.ts';
import type { Millis } from '#protocol/units.ts';
import { accepted, after, metered, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import type { Bench, Check } from './bench.ts';
import { quantile } from './bench.ts';

const SIZES = [200, 2000, 10_000] as const;
type Size = (typeof SIZES)[number];
const RUNS: Readonly<Record<Size, number>> = { 200: 500, 2000: 100, 10000: 20 };
/** The quietest of many short rounds counts: what else the machine does is no part of a decision. */
const ROUNDS = 30;
/**
 * Growth is that of the quickest tenth: whatever else the machine does makes many a long decision longer, and hardly
 * ever a short one.
 */
const UNDISTURBED = 0.1;
const WARM_UP = 100;
/** The ceiling moves this often, so that steady turns and fresh cuts are both among the runs. */
const TURNS_A_LEVEL = 5;
const LEVELS = [0.8, 0.35, 0.6, 0.1, 0.5] as const;
/** Told one after the other, so that a single one is long enough to be timed. */
const WORDS = 2000;

const policy = policyOf();

export const decideBench: Bench = {
  name: 'decide',
  what: 'one decision, and one word taken in, for 200, 2,000 and 10,000 devices',
  run: async ({ say }) => {
    const figures: Record<string, number> = {};
    const undisturbed = new Map<Size, Millis>();
    const foldUs = new Map<Size, number>();
    for (const size of SIZES) {
      const rounds = timedRounds(size, RUNS[size]);
      const quietest = (share: number) => Math.min(...rounds.map((times) => quantile(times, share)));
      undisturbed.set(size, quietest(UNDISTURBED));
      foldUs.set(size, foldedUs(size));
      figures[`${size}_p50_ms`] = quietest(0.5);
      figures[`${size}_p99_ms`] = quietest(0.99);
      figures[`${size}_fold_us`] = foldUs.get(size) ?? Number.NaN;
      say(`${size} devices, ${ROUNDS} rounds of ${RUNS[size]} decisions`);
    }
    const checks: Check[] = [
      { what: '200 devices at p99, ms', value: figures['200_p99_ms'] ?? Number.NaN, limit: 1, better: 'lower' },
      { what: 'growth from 200 to 2,000, of n log n', value: growth(undisturbed, 2000), limit: 1, better: 'lower' },
      { what: 'growth from 200 to 10,000, of n log n', value: growth(undisturbed, 10_000), limit: 1, better: 'lower' },
      { what: 'a word of one among 10,000, of one among 200', value: ratio(foldUs, 10_000), limit: 4, better: 'lower' },
    ];
    return { kind: 'ran', checks, figures };
  },
};

function timedRounds(size: Size, runs: number): Millis[][] {
  const rack = rackOfMany(size);
  let picture: Picture = rack;
  let memory: Memory = emptyMemory;
  let turn = 0;
  const decided = (): Millis => {
    if (turn % TURNS_A_LEVEL === 0) picture = ordered(rack, turn);
    const now = after(turn++ / 10);
    const begun = performance.now();
    ({ memory } = decide(picture, policy, memory, now, RACK));
    return performance.now() - begun;
  };
  for (let i = 0; i < WARM_UP; i++) decided();
  return Array.from({ length: ROUNDS }, () => Array.from({ length: runs }, decided));
}

function rackOfMany(size: number): Picture {
  return rackOf(Array.from({ length: size }, (_, i) => miner(`m${String(i).padStart(5, '0')}`)));
}

function ordered(rack: Picture, turn: number): Picture {
  const fraction = LEVELS[(turn / TURNS_A_LEVEL) % LEVELS.length] ?? 1;
  const order = accepted({ kind: 'ceiling', fraction }, { id: `o-${turn}`, seq: turn + 1 });
  return seen(rack, after(turn / 10), metered(1000), { kind: 'order', accepted: order });
}

/** Microseconds to fold what one device says, in the quietest round. */
function foldedUs(size: Size): number {
  let picture = rackOfMany(size);
  const ids = devicesOf(picture).map(({ facts }) => facts.id);
  const words = Array.from({ length: WORDS }, (_, i): Observation => {
    const reading = { asleep: false, limit: 100, powerW: 2900 + (i % 100), ratedHashrateThs: 200, faults: [] };
    return { kind: 'device', device: ids[(i * 37) % size] ?? '', reading };
  });
  const times = Array.from({ length: 1 + ROUNDS }, (_, round) => {
    const begun = performance.now();
    picture = seen(picture, after(round), ...words);
    return performance.now() - begun;
  });
  return (Math.min(...times.slice(1)) * 1000) / WORDS;
}

function growth(times: ReadonlyMap<Size, Millis>, large: Size): number {
  const [small] = SIZES;
  return ratio(times, large) / ((large * Math.log(large)) / (small * Math.log(small)));
}

function ratio(values: ReadonlyMap<Size, number>, large: Size): number {
  return (values.get(large) ?? Number.NaN) / (values.get(SIZES[0]) ?? Number.NaN);
}
