import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asleep, awake, settingText } from '#agent/state/setting.ts';
import type { Allotted, Filling, Steerable } from './allocate.ts';
import { allocate } from './allocate.ts';

const dial = { min: 20, max: 100, step: 1, unit: 'percent' as const };

const miner = (device: string, change: Partial<Steerable> = {}): Steerable => ({
  device,
  home: awake,
  homeW: 3000,
  residualW: 20,
  fullW: 3000,
  dial,
  stubbornW: undefined,
  ...change,
});
const [a, b, c] = [miner('a'), miner('b'), miner('c')];
const sleeper = (device: string) => miner(device, { home: asleep, homeW: 20 });

const wants = (allotted: readonly Allotted[]) => allotted.map(({ want }) => settingText(want)).join(', ');
const total = (allotted: readonly Allotted[]) => allotted.reduce((sum, { watts }) => sum + watts, 0);

/** Best first; the budget is for all of them together. */
const rows: [what: string, ranked: Steerable[], budgetW: number, wants: string, filling?: Filling][] = [
  ['a budget for all leaves all as they are', [a, b, c], 9000, 'awake, awake, awake'],
  ['the least valuable rests first, the next is partly filled', [a, b, c], 4500, 'awake, awake at 49 %, asleep'],
  ['the fill goes down to the dial’s end', [a, b], 3600, 'awake, awake at 20 %'],
  ['and below that sleeps', [a, b], 3599, 'awake, asleep'],
  ['nothing to give puts all to sleep', [a, b, c], 0, 'asleep, asleep, asleep'],
  ['what sleeps at home is not woken', [a, sleeper('b'), c], 9000, 'awake, asleep, awake'],
  ['a device without a dial runs or rests', [a, miner('b', { dial: undefined })], 5000, 'awake, asleep'],
  [
    'a later device may run where an earlier one does not fit',
    [miner('a', { dial: undefined }), miner('b', { homeW: 1000, fullW: 1000 })],
    1100,
    'asleep, awake',
  ],
  [
    'a home below the dial’s end is full there',
    [miner('a', { home: { kind: 'awake', limit: 60 }, homeW: 1800 }), b],
    4800,
    'awake at 60 %, awake',
  ],
  ['without leave to fill nobody is partly filled', [a, b], 4500, 'awake, asleep', undefined],
  [
    'only the one that is partly filled stays so',
    [a, b, c],
    4800,
    'awake, awake at 30 %, asleep',
    { only: { device: 'b', limit: 30 } },
  ],
  ['and only as far as its part fits', [a, b, c], 3800, 'awake, asleep, asleep', { only: { device: 'b', limit: 30 } }],
  [
    'what will not sleep is cut from the others',
    [a, b, miner('c', { stubbornW: 3000 })],
    4500,
    'awake at 49 %, asleep, asleep',
  ],
  [
    'what will not sleep, but may run, harms nobody',
    [a, b, miner('c', { stubbornW: 3000 })],
    9000,
    'awake, awake, awake',
  ],
];

for (const [what, ranked, budgetW, expected, ...filling] of rows) {
  test(what, () => assert.equal(wants(allocate(ranked, budgetW, filling.length ? filling[0] : 'any')), expected));
}

test('one that will not sleep is planned at what it draws, and said to be stubborn', () => {
  const [, second] = allocate([a, miner('b', { stubbornW: 2900 })], 3500, 'any');
  assert.deepEqual([second?.want, second?.watts, second?.stubborn], [asleep, 2900, true]);
});

const someMiner = fc.record({
  ratedW: fc.integer({ min: 500, max: 6000 }),
  residualW: fc.integer({ min: 0, max: 100 }),
  sleeps: fc.boolean(),
  dialled: fc.boolean(),
});
const someMiners = fc.array(someMiner, { minLength: 1, maxLength: 12 }).map((specs) =>
  specs.map(({ ratedW, residualW, sleeps, dialled }, i) =>
    miner(`m${i}`, {
      home: sleeps ? asleep : awake,
      homeW: sleeps ? residualW : ratedW,
      residualW,
      fullW: ratedW,
      dial: dialled ? dial : undefined,
    }),
  ),
);
const someBudget = fc.integer({ min: 0, max: 80_000 });
const leastW = (ranked: readonly Steerable[]) => ranked.reduce((sum, { residualW }) => sum + residualW, 0);

test('the allotment never exceeds a budget that can be met, and at most one device is partly filled', () => {
  fc.assert(
    fc.property(someMiners, someBudget, (ranked, budgetW) => {
      const allotted = allocate(ranked, budgetW, 'any');
      assert.ok(total(allotted) <= Math.max(budgetW, leastW(ranked)) + 1e-6);
      const partly = allotted.filter(({ want }) => want.kind === 'awake' && want.limit !== undefined);
      assert.ok(partly.length <= 1);
    }),
  );
});

test('of the devices that run, a lower budget never leaves more, nor gives the whole more watts', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 2, maxLength: 2 }),
      fc.nat(12),
      (budgets, n) => {
        const [low = 0, high = 0] = budgets.toSorted((x, y) => x - y);
        const ranked = Array.from({ length: n }, (_, i) => miner(`m${i}`));
        const [less, more] = [allocate(ranked, low, 'any'), allocate(ranked, high, 'any')];
        for (const [i, { watts, device }] of less.entries()) {
          assert.ok(watts <= (more[i]?.watts ?? 0), `${device} is raised by a lower budget`);
        }
      },
    ),
  );
});
