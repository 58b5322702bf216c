import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asleep, awake, settingText } from '#agent/state/setting.ts';
import type { Allotted, Filling, Steerable } from './allocate.ts';
import { allocate, raised } from './allocate.ts';

const dial = { min: 20, max: 100, step: 1, unit: 'percent' as const };

const miner = (device: string, change: Partial<Steerable> = {}): Steerable => ({
  device,
  home: awake,
  homeW: 3000,
  lowest: asleep,
  lowestW: 20,
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

const gpu = (device: string, change: Partial<Steerable> = {}): Steerable =>
  miner(device, {
    homeW: 700,
    fullW: 700,
    dial: { min: 200, max: 700, step: 1, unit: 'watts' },
    lowest: { kind: 'awake', limit: 200 },
    lowestW: 200,
    ...change,
  });

test('a device that cannot sleep goes down to its dial’s end and no further', () => {
  assert.equal(wants(allocate([gpu('a'), gpu('b')], 800, 'any')), 'awake at 600 %, awake at 200 %');
  assert.equal(wants(allocate([gpu('a'), gpu('b')], 0, 'any')), 'awake at 200 %, awake at 200 %');
});

test('capping all of them comes before any is put to rest, and then the least valuable rests', () => {
  const [best, worst] = [gpu('a', { restW: 60 }), gpu('b', { restW: 60 })];
  const at = (budgetW: number) => {
    const allotted = allocate([best, worst], budgetW, 'any');
    assert.deepEqual(
      allotted.map(({ device }) => device),
      ['a', 'b'],
    );
    return wants(allotted);
  };
  assert.deepEqual([900, 400, 399, 260, 259].map(at), [
    'awake, awake at 200 %',
    'awake at 200 %, awake at 200 %',
    'awake at 339 %, asleep',
    'awake at 200 %, asleep',
    'asleep, asleep',
  ]);
});

test('one that is to rest and does not is planned at its cap, and another rests in its place', () => {
  const [best, worst] = [gpu('a', { restW: 60 }), gpu('b', { restW: 60, stubbornW: 200 })];
  const allotted = allocate([best, worst], 270, 'any');
  assert.deepEqual([wants(allotted), total(allotted)], ['asleep, asleep', 260]);
});

const limited = (device: string) => miner(device, { home: { kind: 'awake', limit: 50 }, homeW: 1500 });
const rises: [what: string, ranked: Steerable[], floorW: number, budgetW: number, wants: string][] = [
  ['what draws enough is left at home', [a, sleeper('b')], 3000, 9000, 'awake, asleep'],
  ['the best sleeper wakes first', [sleeper('a'), sleeper('b')], 3000, 9000, 'awake, asleep'],
  ['the last rises only as far as is needed', [sleeper('a'), sleeper('b')], 4200, 9000, 'awake, awake at 40 %'],
  [
    'what was limited at home runs in full before another wakes',
    [limited('a'), sleeper('b')],
    3000,
    9000,
    'awake, asleep',
  ],
  ['a step short of the floor is a step too few', [limited('a')], 2001, 9000, 'awake at 67 %'],
  ['nobody rises above the budget', [sleeper('a'), sleeper('b')], 6000, 4200, 'awake, awake at 40 %'],
  ['nor by a whole device', [miner('a', { home: asleep, homeW: 20, dial: undefined })], 3000, 2900, 'asleep'],
];

for (const [what, ranked, floorW, budgetW, expected] of rises) {
  test(`towards a floor: ${what}`, () => {
    const atHome = allocate(ranked, Number.POSITIVE_INFINITY, 'any');
    assert.equal(wants(raised(ranked, atHome, { floorW, liftW: floorW, budgetW })), expected);
  });
}

test('while the ramp rises each waits until it has room for where the floor will have it', () => {
  const asleepAtHome = [sleeper('a'), sleeper('b')];
  const atHome = allocate(asleepAtHome, Number.POSITIVE_INFINITY, 'any');
  const at = (liftW: number) => wants(raised(asleepAtHome, atHome, { floorW: 4220, liftW, budgetW: 9000 }));
  assert.deepEqual([2999, 3020, 4100, 4220].map(at), [
    'asleep, asleep',
    'awake, asleep',
    'awake, asleep',
    'awake, awake at 41 %',
  ]);
});

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
      lowestW: residualW,
      fullW: ratedW,
      dial: dialled ? dial : undefined,
    }),
  ),
);
const someBudget = fc.integer({ min: 0, max: 80_000 });
const leastW = (ranked: readonly Steerable[]) => ranked.reduce((sum, { lowestW }) => sum + lowestW, 0);

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
