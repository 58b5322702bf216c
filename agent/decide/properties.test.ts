/** What holds whatever the rack, its prices, its learned faults and the order are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Policy } from '#agent/config/policy.ts';
import type { DeviceFacts, Observation, WorkloadFacts } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { settingText } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import type { Says } from '#test/support/pictures.ts';
import { accepted, after, inventory, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import type { Decision } from './decide.ts';
import { decide } from './decide.ts';
import type { Plan } from './plan.ts';
import { emptyMemory } from './plan.ts';

const learned = fc.record({
  failureOdds: fc.constantFrom(0, 0, 0.05, 0.2, 0.5),
  drop90S: fc.integer({ min: 1, max: 40 }),
});
const someMiner = fc.record({
  ratedW: fc.integer({ min: 800, max: 6000 }),
  ths: fc.integer({ min: 40, max: 300 }),
  dialled: fc.boolean(),
  asleep: fc.boolean(),
  learned,
});
const someGpu = fc.record({
  ratedW: fc.integer({ min: 300, max: 1000 }),
  tier: fc.constantFrom<WorkloadFacts['tier']>('protected', 0, 1, 2, 3),
  waiting: fc.option(fc.nat(3), { nil: undefined }),
  learned,
});
const somePrices = fc.record({
  hash_usd_per_ph_day: fc.integer({ min: 1, max: 100 }),
  inference_usd_per_gpu_h: fc.double({ min: 0, max: 3, noNaN: true }),
});
const someCase = fc.record({
  miners: fc.array(someMiner, { minLength: 1, maxLength: 6 }),
  gpus: fc.array(someGpu, { maxLength: 4 }),
  prices: fc.option(somePrices, { nil: undefined }),
  confidence: fc.constantFrom<Policy['confidence']>(0.5, 0.9, 0.95, 0.99),
  deadlineS: fc.integer({ min: 1, max: 60 }),
  protectFirst: fc.boolean(),
});
type Case = typeof someCase extends fc.Arbitrary<infer T> ? T : never;
/** Of whole percent: left to itself it would mostly try fractions of a microwatt. */
const someFraction = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);

type Stage = { readonly picture: Picture; readonly policy: Policy; readonly deadlineS: number };

function stageOf({ miners, gpus, prices, confidence, deadlineS, protectFirst }: Case): Stage {
  const { limit, sleep } = miner('m').controls;
  assert.ok(limit && sleep);
  const says: Record<string, Says> = {};
  const devices: DeviceFacts[] = [];
  const told: Observation[] = [];
  const workloads: WorkloadFacts[] = [];
  for (const [i, { ratedW, ths, dialled, asleep, learned: facts }] of miners.entries()) {
    const { limit: _dial, ...plain } = miner('m').controls;
    devices.push(miner(`m${i}`, { ratedW, learned: facts, ...(!dialled && { controls: plain }) }));
    says[`m${i}`] = { asleep, powerW: asleep ? 20 : ratedW, ratedHashrateThs: ths };
  }
  for (const [i, { ratedW, tier, waiting, learned: facts }] of gpus.entries()) {
    const dial = { ...limit, range: { min: 100, max: ratedW, step: 1, unit: 'watts' as const } };
    const id = `g${i}`;
    devices.push(miner(id, { kind: 'gpu', ratedW, learned: facts, controls: { limit: dial } }));
    says[id] = { asleep: undefined, limit: ratedW, powerW: ratedW, ratedHashrateThs: undefined };
    workloads.push({ id: `on-${id}`, adapter: 'vllm', gpus: [id], tier, periodMs: 1000 });
    const reading = { state: 'running' as const, steps: [], ...(waiting !== undefined && { waiting, running: 1 }) };
    told.push({ kind: 'workload', workload: `on-${id}`, reading });
  }
  const rack = rackOf(devices, says);
  const meters = Object.values(rack.meters).map(({ facts }) => facts);
  const picture = seen(rack, after(0), inventory({ devices, meters, workloads }), ...told);
  const policy = policyOf({ confidence, ...(protectFirst && { protect: ['m0'] }), ...(prices && { market: prices }) });
  return { picture, policy, deadlineS };
}

/** Decided under a ceiling, after a turn before any order came. */
function under({ picture, policy, deadlineS }: Stage, fraction: number, change: { s?: number; after?: Decision } = {}) {
  const { s = 1 } = change;
  const order = accepted(
    { kind: 'ceiling', fraction },
    { deadline_s: deadlineS, ramp: { down_w_per_s: null, up_w_per_s: null } },
  );
  const before = change.after ?? decide(picture, policy, emptyMemory, after(0), RACK);
  return decide(seen(picture, after(0), { kind: 'order', accepted: order }), policy, before.memory, after(s), RACK);
}

const expectedW = ({ devices }: Plan): Watts => devices.reduce((sum, each) => sum + each.expectedW, 100);
const wants = ({ devices }: Plan) => devices.map(({ device, want }) => `${device} ${settingText(want)}`).sort();

test('the plan is under the ceiling, or all that may go down is down and the plan says by how much it is not', () => {
  fc.assert(
    fc.property(someCase, someFraction, (some, fraction) => {
      const { plan } = under(stageOf(some), fraction);
      const levelW = plan.levelW ?? Number.POSITIVE_INFINITY;
      assert.ok(expectedW(plan) <= levelW + plan.shortByW + 1e-6, `${expectedW(plan)} W over ${levelW} W`);
      assert.ok(plan.shortByW <= 1e-6 || Math.abs(expectedW(plan) - plan.leastW) < 1e-6);
    }),
  );
});

test('a lower ceiling never gives the rack more watts', () => {
  fc.assert(
    fc.property(someCase, someFraction, someFraction, (some, one, other) => {
      const stage = stageOf(some);
      const low = expectedW(under(stage, Math.min(one, other)).plan);
      const high = expectedW(under(stage, Math.max(one, other)).plan);
      // As near as a reserve is counted out.
      assert.ok(low <= high + 0.03 * stageW(stage), `${low} W under the lower, ${high} W under the higher`);
    }),
  );
});

test('deciding again with its own memory changes nothing', () => {
  fc.assert(
    fc.property(someCase, someFraction, (some, fraction) => {
      const stage = stageOf(some);
      const first = under(stage, fraction);
      assert.deepEqual(wants(under(stage, fraction, { after: first }).plan), wants(first.plan));
    }),
  );
});

test('prices that move, and odds that are learned anew, move nobody while an order binds', () => {
  fc.assert(
    fc.property(someCase, someFraction, somePrices, learned, (some, fraction, prices, odds) => {
      const first = under(stageOf(some), fraction);
      const moved: Case = { ...some, prices, miners: some.miners.map((each) => ({ ...each, learned: odds })) };
      assert.deepEqual(wants(under(stageOf(moved), fraction, { s: 2, after: first }).plan), wants(first.plan));
    }),
  );
});

test('what is protected, or runs what is protected, is never touched', () => {
  fc.assert(
    fc.property(someCase, someFraction, (some, fraction) => {
      const { plan } = under(stageOf(some), fraction);
      const safe = some.gpus.flatMap(({ tier }, i) => (tier === 'protected' ? [`g${i}`] : []));
      if (some.protectFirst) safe.push('m0');
      for (const { device, hands } of plan.devices) assert.ok(hands === 'off' || !safe.includes(device), device);
    }),
  );
});

test('among miners no one is cut before another that earns less and is as fast', () => {
  fc.assert(
    fc.property(someCase, someFraction, (some, fraction) => {
      // Whole ones: a device that does not fit gives its place to a smaller one that does.
      const miners = some.miners.map((each) => ({ ...each, ratedW: 3000, dialled: true, asleep: false }));
      const alike = { ...some, protectFirst: false, miners, gpus: [] };
      const { plan } = under(stageOf(alike), fraction);
      const share = new Map(plan.devices.map(({ device, expectedW: watts }) => [device, watts]));
      for (const [i, { ths, learned: a }] of miners.entries())
        for (const [k, { ths: less, learned: b }] of miners.entries()) {
          const isSlow = ({ drop90S }: typeof a) => drop90S > some.deadlineS;
          if (ths <= less || isSlow(a) !== isSlow(b)) continue;
          assert.ok((share.get(`m${i}`) ?? 0) >= (share.get(`m${k}`) ?? 0) - 1e-6);
        }
    }),
  );
});

function stageW({ picture, policy }: Stage): Watts {
  return decide(picture, policy, emptyMemory, after(0), RACK).plan.mostW;
}
