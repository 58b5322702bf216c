import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Picture } from '#agent/state/picture.ts';
import { settingText } from '#agent/state/setting.ts';
import type { Target } from '#protocol/order.ts';
import type { Says } from '#test/support/pictures.ts';
import { accepted, after, inventory, metered, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from './decide.ts';
import type { Memory, Plan } from './plan.ts';
import { emptyMemory } from './plan.ts';

const four = ['m01', 'm02', 'm03', 'm04'].map((id) => miner(id));
const policy = policyOf();
const ceiling = (fraction: number): Target => ({ kind: 'ceiling', fraction });

/** What is decided on `picture` at `s` seconds, after a turn before any order came. */
function decided(picture: Picture, s = 1, rules = policy, memory: Memory = emptyMemory) {
  return decide(picture, rules, memory, after(s), RACK);
}
const ordered = (picture: Picture, target: Target, change: Parameters<typeof accepted>[1] = {}) =>
  seen(picture, after(0), { kind: 'order', accepted: accepted(target, change) });
const wants = ({ devices }: Plan) => devices.map(({ want }) => settingText(want)).join(', ');
const expectedW = ({ devices }: Plan) => devices.reduce((sum, each) => sum + each.expectedW, 100);

test('without an order every device is left as it is, whatever it does', () => {
  const { plan } = decided(rackOf(four, { m02: { asleep: true }, m03: { limit: 60 } }));
  assert.equal(wants(plan), 'awake, asleep, awake at 60 %, awake');
  assert.ok(plan.devices.every(({ hands }) => hands === 'off'));
  assert.equal(plan.lineW, undefined);
});

test('home is learned while nothing binds, and not from what an order did', () => {
  const before = decided(rackOf(four, { m02: { asleep: true } }));
  const cut = rackOf(four, { m02: { asleep: true }, m03: { asleep: true }, m04: { asleep: true } });
  const { memory } = decided(ordered(cut, ceiling(0.4)), 2, policy, before.memory);
  assert.deepEqual(memory.homes, before.memory.homes);
  assert.equal(memory.homes['m03']?.kind, 'awake');
});

test('a device may be called what every object inherits', () => {
  const { plan, memory } = decided(rackOf([miner('constructor')]));
  assert.deepEqual(plan.devices[0]?.home, { kind: 'awake' });
  assert.deepEqual(memory.homes, { constructor: { kind: 'awake' } });
});

test('one that was moved and has not shown its home since still has the home it had, and is sent there', () => {
  const moved: Memory = { ...emptyMemory, homes: { m03: { kind: 'awake' } }, moved: ['m03'] };
  const { plan, memory } = decided(rackOf(four, { m03: { asleep: true } }), 1, policy, moved);
  assert.deepEqual(memory.homes['m03'], { kind: 'awake' });
  const m03 = plan.devices.find(({ device }) => device === 'm03');
  assert.deepEqual([m03?.hands, m03?.want.kind], ['on', 'awake']);
});

test('home is not learned before every retained order is known', () => {
  const { ordersKnown: _known, ...rest } = rackOf(four);
  assert.deepEqual(decided({ ...rest, ordersKnown: false }).memory.homes, {});
});

test('a protected device keeps its setting under any order', () => {
  const { plan } = decided(ordered(rackOf(four), ceiling(0)), 1, policyOf({ protect: ['m01', 'm04'] }));
  const hands = Object.fromEntries(plan.devices.map(({ device, hands: each, want }) => [device, [each, want.kind]]));
  assert.deepEqual(hands, {
    m01: ['off', 'awake'],
    m02: ['on', 'asleep'],
    m03: ['on', 'asleep'],
    m04: ['off', 'awake'],
  });
});

test('a device that has not said who it is keeps its place in the plan and is not called', () => {
  const shy = rackOf([miner('m01'), miner('m02', { identityRequired: true })]);
  const { plan } = decided(ordered(shy, ceiling(0.6)));
  assert.equal(wants(plan), 'awake, asleep');
  assert.deepEqual(
    plan.devices.map(({ hands }) => hands),
    ['off', 'off'],
  );
});

test('an order that comes before the end of another on its topic takes its place at its own start', () => {
  const first = ordered(rackOf(four), ceiling(0.4));
  const both = ordered(first, ceiling(0.8), { id: 'o-2', seq: 8, from: 100 });
  assert.equal(decided(both, 99).plan.levelW, 4800);
  assert.equal(decided(both, 100).plan.levelW, 9600);
});

test('an expired order binds nothing, also when no other has come', () => {
  const { plan } = decided(ordered(rackOf(four), ceiling(0.4), { until: 60 }), 60);
  assert.equal(plan.levelW, undefined);
});

test('the baseline is frozen at the first order of an event and kept by the second', () => {
  const calm = seen(rackOf(four), after(0), metered(11_900), metered(12_000), metered(12_100));
  const first = decided(ordered(calm, { kind: 'setpoint', fraction: 0.4 }));
  const second = ordered(
    seen(calm, after(5), metered(5000)),
    { kind: 'setpoint', fraction: 0.3 },
    { id: 'o-2', seq: 8, from: 5 },
  );
  const { memory } = decided(second, 6, policy, first.memory);
  assert.equal(memory.baselines['qse-north/ecrs-a']?.watts, 12_000);
});

const floor: Target = { kind: 'floor', fraction: 0.5 };
const atOnce = { ramp: { down_w_per_s: null, up_w_per_s: null } };

test('a floor wakes what slept, best first, and lets it sleep again when it is over', () => {
  const sleepy = rackOf(four, { m02: { asleep: true }, m03: { asleep: true }, m04: { asleep: true } });
  const { memory } = decided(sleepy, 0);
  const full = decided(ordered(sleepy, floor, atOnce), 1, policy, memory);
  assert.equal(wants(full.plan), 'awake, awake at 96 %, asleep, asleep');
  assert.equal(full.plan.devices[1]?.why, 'ecrs of qse-north: at least 6000 W');
  const over = decided(ordered(sleepy, floor, { ...atOnce, until: 2 }), 2, policy, full.memory);
  assert.equal(wants(over.plan), 'awake, asleep, asleep, asleep');
});

test('a floor raises nothing before every retained order is known, and beyond a ceiling never', () => {
  const sleepy = rackOf(four, { m02: { asleep: true }, m03: { asleep: true }, m04: { asleep: true } });
  const { memory } = decided(sleepy, 0);
  const asked = ordered(sleepy, floor, atOnce);
  assert.equal(
    wants(decided({ ...asked, ordersKnown: false }, 1, policy, memory).plan),
    'awake, asleep, asleep, asleep',
  );
  const capped = policyOf({ limits: { ceiling_w: 4000 } });
  assert.equal(wants(decided(asked, 1, capped, memory).plan), 'awake, awake at 28 %, asleep, asleep');
});

test('GPUs give way to their dials’ ends, and what runs a protected workload not at all', () => {
  const { limit } = miner('m').controls;
  assert.ok(limit);
  const dial = { ...limit, range: { min: 200, max: 700, step: 1, unit: 'watts' as const } };
  const gpus = ['gpu0', 'gpu1'].map((id) => miner(id, { kind: 'gpu', ratedW: 700, controls: { limit: dial } }));
  const says = { limit: 700, asleep: undefined, ratedHashrateThs: undefined };
  const chat = { id: 'chat', adapter: 'vllm', gpus: ['gpu0'], tier: 'protected', periodMs: 2000 } as const;
  const rack = rackOf([miner('m01'), ...gpus], { gpu0: says, gpu1: says });
  const chatting = seen(rack, after(0), inventory({ devices: [miner('m01'), ...gpus], workloads: [chat] }));
  const low = decided(ordered(chatting, { kind: 'ceiling', fraction: 0 }));
  assert.equal(wants(low.plan), 'asleep, awake at 200 %, awake');
  assert.match(low.plan.devices[2]?.why ?? '', /chat, which is protected/);
});

const impossibles: [what: string, target: Target, limits: object, why: RegExp][] = [
  ['a ceiling below what may not go down', { kind: 'ceiling', fraction: 0 }, {}, /impossible by 180 W: .* draws 180 W/],
  [
    'a floor above all there is',
    { kind: 'floor', fraction: 1 },
    { ceiling_w: 10_000 },
    /impossible by 2000 W: the policy/,
  ],
  ['a setpoint above the ceiling', { kind: 'setpoint', fraction: 1 }, { ceiling_w: 10_000 }, /impossible by 2000 W/],
];

for (const [what, target, limits, why] of impossibles) {
  test(`${what} is told to be impossible, and by how much`, () => {
    const { plan, memory } = decided(ordered(rackOf(four), target), 1, policyOf({ limits }));
    assert.match(plan.steps.find(({ phase }) => phase === 'acting')?.why ?? '', why);
    assert.match(memory.tracks[0]?.short.join() ?? '', why);
  });
}

test('where devices are known to fail, others are cut in reserve, and no more than the confidence asks for', () => {
  const cutW = (failureOdds: number, confidence: number) => {
    const devices = ['m01', 'm02', 'm03', 'm04'].map((id) => miner(id, { learned: { failureOdds } }));
    const { plan } = decided(ordered(rackOf(devices), ceiling(0.6)), 1, policyOf({ confidence }));
    return 12_100 - expectedW(plan);
  };
  // Two of 3 kW do it, with odds of 0.81; a third makes 0.97 of that, and a fourth 0.996.
  assert.deepEqual([cutW(0, 0.95), cutW(0.1, 0.5)].map(Math.round), [4900, 4900]);
  const [sure, surer] = [cutW(0.1, 0.95), cutW(0.1, 0.99)];
  assert.ok(sure > 4900 + 2900 && sure < 4900 + 3300, `${sure} W`);
  assert.ok(surer > sure + 2000 && surer < sure + 3300, `${surer} W`);
});

test('the reserve is thought over once for a level: answers, and new odds, move no device', () => {
  const odds = (failureOdds: number) =>
    ['m01', 'm02', 'm03', 'm04'].map((id) => miner(id, { learned: { failureOdds } }));
  const first = decided(ordered(rackOf(odds(0.1)), ceiling(0.6)));
  const second = decided(ordered(rackOf(odds(0.3)), ceiling(0.6)), 2, policy, first.memory);
  assert.equal(wants(second.plan), wants(first.plan));
});

test('a shortage is told in watts', () => {
  const { plan } = decided(ordered(rackOf(four), ceiling(0)));
  assert.equal(plan.shortByW, 100 + 4 * 20);
});

const someReadings = fc.record(
  Object.fromEntries(
    four.map(({ id }) => [
      id,
      fc.record({
        asleep: fc.boolean(),
        limit: fc.integer({ min: 20, max: 100 }),
        powerW: fc.integer({ min: 0, max: 3000 }),
      }),
    ]),
  ),
) as fc.Arbitrary<Record<string, Says>>;
const someFraction = fc.double({ min: 0, max: 1, noNaN: true });

test('under any order, whatever the devices show, the plan is under the level or says by how much it is not', () => {
  fc.assert(
    fc.property(someReadings, someFraction, (readings, fraction) => {
      const { plan } = decided(ordered(rackOf(four, readings), ceiling(fraction)));
      assert.ok(expectedW(plan) <= (plan.levelW ?? 0) + plan.shortByW + 1e-6);
      assert.ok(plan.shortByW === 0 || plan.devices.every(({ want }) => want.kind === 'asleep'));
    }),
  );
});

test('deciding again on the same picture with its own memory changes nothing', () => {
  fc.assert(
    fc.property(someReadings, someFraction, (readings, fraction) => {
      const picture = ordered(rackOf(four, readings), ceiling(fraction));
      const first = decided(picture);
      const second = decided(picture, 1, policy, first.memory);
      assert.deepEqual(second.plan.devices, first.plan.devices);
      assert.deepEqual(second.plan.steps, []);
    }),
  );
});

test('readings that waver below the nameplate move no device', () => {
  const noise = fc.array(fc.integer({ min: 2700, max: 3000 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(noise, noise, someFraction, (one, other, fraction) => {
      const powers = (watts: number[]) => Object.fromEntries(four.map(({ id }, i) => [id, { powerW: watts[i] ?? 0 }]));
      const first = decided(ordered(rackOf(four, powers(one)), ceiling(fraction)));
      const second = decided(ordered(rackOf(four, powers(other)), ceiling(fraction)), 2, policy, first.memory);
      assert.equal(wants(second.plan), wants(first.plan));
    }),
  );
});
