/** The same miners under three ways to decide who runs. */
import { decide } from '#agent/decide/decide.ts';
import type { Memory } from '#agent/decide/plan.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import type { AcceptedOrder, Observation } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Seconds } from '#protocol/units.ts';
import { accepted, after, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { miners } from './miners.ts';

/** A figure of the years that the prices are of; each run takes the same. */
export const HASH_USD_PER_PH_DAY = 50;
export const PERIOD_S: Seconds = 900;
/** Between two decisions: an agent decides every second, and no price changes in between. */
const STEP_S: Seconds = 180;
/** A miner that wakes draws its power this long before it hashes. */
const WARM_UP_S: Seconds = 300;
const SLEEP_W = 20;

/** As the policy has it unless an operator says otherwise. */
const policy = policyOf({ limits: {}, market: { hash_usd_per_ph_day: HASH_USD_PER_PH_DAY } });
export const MAX_CYCLES_PER_DAY = policy.miners.max_cycles_per_day;

export type Outcome = {
  readonly profitUsd: number;
  readonly rests: number;
  readonly mostRestsADay: number;
  readonly runningShare: number;
};

export function alwaysOn(prices: readonly number[]): Outcome {
  return run(prices, () => () => true);
}

/** One price for the site, acted on at once. */
export function byStrike(prices: readonly number[], strike: number): Outcome {
  return run(prices, (price) => () => price <= strike);
}

/** By the agent: an order a period brings the price, and the plan says who runs. */
export function byPrices(prices: readonly number[]): Outcome {
  const facts = miners.map(({ id, watts }) =>
    miner(id, { ratedW: watts, residualW: SLEEP_W, learned: { rampUpS: WARM_UP_S } }),
  );
  const rated = Object.fromEntries(miners.map(({ id, ths }) => [id, { ratedHashrateThs: ths }]));
  let picture: Picture = rackOf(facts, rated);
  let memory: Memory = decide(picture, policy, emptyMemory, after(0), RACK).memory;
  let told: number | undefined;
  return run(prices, (price, s, asleep) => {
    const now = after(s);
    if (s % PERIOD_S === 0 || price !== told)
      picture = seen(picture, now, { kind: 'order', accepted: quote(price, s) });
    told = price;
    picture = seen(picture, now, ...readings(asleep));
    const { plan, memory: next } = decide(picture, policy, memory, now, RACK);
    memory = next;
    const wants = new Map(plan.devices.map(({ device, want }) => [device, want.kind]));
    return (id) => wants.get(id) === 'awake';
  });
}

function quote(price: number, s: Seconds): AcceptedOrder {
  const target = { kind: 'market', energy_usd_per_mwh: price } as const;
  return accepted(target, { program: 'price', id: `q-${s}`, event: 'prices', seq: s, from: s, until: s + PERIOD_S });
}

function readings(asleep: ReadonlySet<string>): Observation[] {
  return miners.map(({ id, ths, watts }) => {
    const sleeps = asleep.has(id);
    const powerW = sleeps ? SLEEP_W : watts;
    return {
      kind: 'device',
      device: id,
      reading: { asleep: sleeps, limit: 100, powerW, ratedHashrateThs: ths, faults: [] },
    };
  });
}

type Decides = (price: number, s: Seconds, asleep: ReadonlySet<string>) => (id: string) => boolean;

function run(prices: readonly number[], decides: Decides): Outcome {
  const asleep = new Set<string>();
  const wokenAt = new Map<string, Seconds>();
  const rests = new Map<string, Seconds[]>(miners.map(({ id }) => [id, []]));
  let profitUsd = 0;
  let runningS = 0;
  for (let s = 0; s < prices.length * PERIOD_S; s += STEP_S) {
    const price = prices[Math.floor(s / PERIOD_S)] ?? 0;
    const runs = decides(price, s, asleep);
    for (const { id, watts, ths } of miners) {
      if (runs(id) && asleep.delete(id)) wokenAt.set(id, s);
      else if (!runs(id) && !asleep.has(id)) {
        asleep.add(id);
        rests.get(id)?.push(s);
      }
      const awake = !asleep.has(id);
      const hashes = awake && s - (wokenAt.get(id) ?? Number.NEGATIVE_INFINITY) >= WARM_UP_S;
      if (awake) runningS += STEP_S;
      const earned = hashes ? (HASH_USD_PER_PH_DAY * ths * STEP_S) / 1000 / 86_400 : 0;
      profitUsd += earned - (price * (awake ? watts : SLEEP_W) * STEP_S) / 3600 / 1e6;
    }
  }
  return {
    profitUsd,
    rests: [...rests.values()].reduce((sum, { length }) => sum + length, 0),
    mostRestsADay: Math.max(...[...rests.values()].map(mostInADay)),
    runningShare: runningS / (prices.length * PERIOD_S * miners.length),
  };
}

/** Within any 24 h, wherever they begin. */
function mostInADay(moments: readonly Seconds[]): number {
  let first = 0;
  return moments.reduce((most, at, i) => {
    while (at - (moments[first] ?? at) >= 86_400) first += 1;
    return Math.max(most, i - first + 1);
  }, 0);
}
