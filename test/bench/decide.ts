/** How long one decision takes, by the number of devices: every turn decides anew, so this is paid at each. */
import { performance } from 'node:perf_hooks';
import { decide } from '#agent/decide/decide.ts';
import type { Memory } from '#agent/decide/plan.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Millis } from '#protocol/units.ts';
import { accepted, after, metered, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import type { Bench, Check } from './bench.ts';
import { quantile } from './bench.ts';

const SIZES = [200, 2000, 10_000] as const;
const RUNS: Readonly<Record<(typeof SIZES)[number], number>> = { 200: 1000, 2000: 200, 10000: 60 };
/** The quietest of some rounds counts: what else the machine does is no part of a decision. */
const ROUNDS = 5;
const WARM_UP = 100;
/** The ceiling moves this often, so that steady turns and fresh cuts are both among the runs. */
const TURNS_A_LEVEL = 5;
const LEVELS = [0.8, 0.35, 0.6, 0.1, 0.5] as const;

const policy = policyOf();

export const decideBench: Bench = {
  name: 'decide',
  what: 'one decision for 200, 2,000 and 10,000 devices',
  run: async ({ say }) => {
    const figures: Record<string, number> = {};
    const medians: Millis[] = [];
    for (const size of SIZES) {
      const rounds = timedRounds(size, RUNS[size]);
      const quietest = (share: number) => Math.min(...rounds.map((times) => quantile(times, share)));
      medians.push(quietest(0.5));
      figures[`${size}_p50_ms`] = quietest(0.5);
      figures[`${size}_p99_ms`] = quietest(0.99);
      say(`${size} devices, ${ROUNDS} rounds of ${RUNS[size]} decisions`);
    }
    const checks: Check[] = [
      { what: '200 devices at p99, ms', value: figures['200_p99_ms'] ?? Number.NaN, limit: 1, better: 'lower' },
      { what: 'growth from 200 to 10,000, of n log n', value: growth(medians), limit: 1, better: 'lower' },
    ];
    return { kind: 'ran', checks, figures };
  },
};

function timedRounds(size: number, runs: number): Millis[][] {
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

function growth(medians: readonly Millis[]): number {
  const [small, large] = [SIZES[0], SIZES[2]];
  const nLogN = (large * Math.log(large)) / (small * Math.log(small));
  return (medians[2] ?? Number.NaN) / (medians[0] ?? Number.NaN) / nLogN;
}
