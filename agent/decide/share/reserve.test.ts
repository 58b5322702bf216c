import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deviceOf } from '#agent/state/picture.ts';
import { asleep, awake } from '#agent/state/setting.ts';
import { miner, rackOf } from '#test/support/pictures.ts';
import type { Steerable } from './allocate.ts';
import { allocate } from './allocate.ts';
import type { Risky } from './reserve.ts';
import { leftOf, reserveFor } from './reserve.ts';

type Device = { readonly ratedW: number; readonly odds: number };

const confidences = [0.5, 0.9, 0.95, 0.99] as const;
const dial = { min: 20, max: 100, step: 1, unit: 'percent' as const };

function steerable({ ratedW }: Device, i: number, change: Partial<Steerable> = {}): Steerable {
  const full = { homeW: ratedW, fullW: ratedW };
  return { device: `m${i}`, home: awake, ...full, lowest: asleep, lowestW: 0, dial, stubbornW: undefined, ...change };
}

function risky(devices: readonly Device[], budgetW: number, confidence: Risky['confidence'] = 0.95): Risky {
  const facts = devices.map(({ ratedW, odds }, i) => miner(`m${i}`, { ratedW, learned: { failureOdds: odds } }));
  return {
    steerable: devices.map((each, i) => steerable(each, i)),
    budgetW,
    picture: rackOf(facts),
    confidence,
  };
}

/** How sure `neededW` come off with this much in reserve: every combination of failures, counted out. */
function chance({ steerable: ranked, budgetW, picture }: Risky, reserveW: number, neededW: number): number {
  const parts = allocate(ranked, budgetW - reserveW, 'any').map(({ device, watts }, i) => ({
    cutW: (ranked[i]?.homeW ?? 0) - watts,
    odds: deviceOf(picture, device)?.facts.learned?.failureOdds ?? 0,
  }));
  let sure = 0;
  for (let failed = 0; failed < 2 ** parts.length; failed++) {
    const has = (i: number) => (failed & (1 << i)) !== 0;
    const cutW = parts.reduce((sum, part, i) => sum + (has(i) ? 0 : part.cutW), 0);
    if (cutW >= neededW) sure += parts.reduce((all, { odds }, i) => all * (has(i) ? odds : 1 - odds), 1);
  }
  return sure;
}

const someDevices = fc.array(
  fc.record({ ratedW: fc.integer({ min: 500, max: 6000 }), odds: fc.constantFrom(0, 0.02, 0.1, 0.3, 0.6) }),
  { minLength: 1, maxLength: 8 },
);

test('a cut comes with the confidence that was asked for, or all there is goes down, and no more is cut than that takes', () => {
  fc.assert(
    fc.property(
      someDevices,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(...confidences),
      (devices, part, confidence) => {
        const totalW = devices.reduce((sum, { ratedW }) => sum + ratedW, 0);
        const budgetW = part * totalW;
        const cut = risky(devices, budgetW, confidence);
        const { watts } = reserveFor(cut, budgetW);
        // As near as a meter is asked to prove it.
        const nearW = 0.01 * totalW + 2;
        const allDown = allocate(cut.steerable, budgetW - watts, 'any').every((each) => each.watts <= 1);
        const plainW = totalW - Math.max(budgetW, 0);
        assert.ok(allDown || chance(cut, watts, plainW - nearW) >= confidence - 1e-9, 'not sure enough');
        const lessW = watts - 0.03 * totalW - 2 * nearW;
        assert.ok(lessW <= 0 || chance(cut, lessW, plainW + nearW) < confidence, 'more than it takes');
      },
    ),
    { numRuns: 300 },
  );
});

test('a lower ceiling never leaves a device more watts, whoever may fail', () => {
  const budgets = fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 0, max: 30_000 }));
  fc.assert(
    fc.property(someDevices, budgets, fc.constantFrom(...confidences), (devices, [one, other], confidence) => {
      const allotted = [Math.min(one, other), Math.max(one, other)].map((budgetW) => {
        const cut = risky(devices, budgetW, confidence);
        const { watts } = reserveFor(cut, budgetW);
        return allocate(cut.steerable, budgetW - watts, 'any').reduce((sum, each) => sum + each.watts, 0);
      });
      const [low = 0, high = 0] = allotted;
      const totalW = devices.reduce((sum, { ratedW }) => sum + ratedW, 0);
      assert.ok(low <= high + 0.03 * totalW + 2, `${low} W under the lower, ${high} W under the higher`);
    }),
  );
});

test('where nobody is known to fail there is no reserve', () => {
  assert.equal(reserveFor(risky(Array(8).fill({ ratedW: 3000, odds: 0 }), 9000), 9000).watts, 0);
});

test('of a thousand miners that fail one time in ten, a ninth more is cut, and a little for bad luck', () => {
  const { watts } = reserveFor(risky(Array(1000).fill({ ratedW: 3000, odds: 0.1 }), 1_500_000), 1_500_000);
  const share = watts / 1_500_000;
  assert.ok(share > 1 / 9 && share < 1 / 9 + 0.04, `${share}`);
});

test('a device that already shows what is wanted has not failed', () => {
  const cut = risky(
    [
      { ratedW: 3000, odds: 0 },
      { ratedW: 3000, odds: 0.3 },
    ],
    3000,
  );
  const asleepThere = rackOf([miner('m0'), miner('m1', { learned: { failureOdds: 0.3 } })], { m1: { asleep: true } });
  assert.ok(reserveFor(cut, 3000).watts > 0);
  assert.equal(reserveFor({ ...cut, picture: asleepThere }, 3000).watts, 0);
});

test('when one has failed and others are cut in its place, the reserve has done its work', () => {
  const devices = Array<Device>(4).fill({ ratedW: 3000, odds: 0.1 });
  const cut = risky(devices, 6000);
  const reserve = reserveFor(cut, 6000);
  const failing = devices.map((each, i) => steerable(each, i, i === 3 ? { stubbornW: 3000 } : {}));
  const left = leftOf(reserve, failing, allocate(failing, 6000, 'any'));
  assert.deepEqual([reserve.watts, left], [3000, 0]);
});
