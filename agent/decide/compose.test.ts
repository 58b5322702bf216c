import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Interval } from '#protocol/order.ts';
import { accepted, policyOf } from '#test/support/pictures.ts';
import type { Bound } from './compose.ts';
import { compose } from './compose.ts';
import type { Level } from './level.ts';
import { levelOf } from './level.ts';

const reference = { ratedW: 12_000, baselineW: 10_000 };

const levels: [target: Interval['target'], level: Level | undefined][] = [
  [
    { kind: 'ceiling', fraction: 0.4 },
    { kind: 'atMost', watts: 4800 },
  ],
  [
    { kind: 'ceiling', watts: 5000 },
    { kind: 'atMost', watts: 5000 },
  ],
  [
    { kind: 'ceiling', watts: 50_000, of_w: 120_000 },
    { kind: 'atMost', watts: 5000 },
  ],
  [
    { kind: 'shed', fraction: 0.4 },
    { kind: 'atMost', watts: 6000 },
  ],
  [
    { kind: 'shed', watts: 3000 },
    { kind: 'atMost', watts: 7000 },
  ],
  [
    { kind: 'shed', watts: 30_000, of_w: 120_000 },
    { kind: 'atMost', watts: 7000 },
  ],
  [
    { kind: 'shed', watts: 30_000 },
    { kind: 'atMost', watts: 0 },
  ],
  [
    { kind: 'setpoint', fraction: 0.5 },
    { kind: 'exactly', watts: 6000 },
  ],
  [{ kind: 'release' }, undefined],
];

for (const [target, level] of levels) {
  test(`${JSON.stringify(target)} of a rack rated 12 kW that drew 10 kW is ${JSON.stringify(level) ?? 'no level'}`, () => {
    assert.deepEqual(levelOf(target, reference), level);
  });
}

const bound = (level: Level, change: Parameters<typeof accepted>[1] = {}): Bound => {
  const order = accepted({ kind: 'ceiling', fraction: 1 }, change);
  const [interval] = order.order.intervals;
  assert.ok(interval);
  return { accepted: order, interval, level };
};
const atMost = (watts: number, change?: Parameters<typeof accepted>[1]) => bound({ kind: 'atMost', watts }, change);
const exactly = (watts: number, priority = 2) => bound({ kind: 'exactly', watts }, { priority });

const rows: [what: string, bounds: Bound[], limits: object, ceilingW: number | undefined][] = [
  ['nothing binds without an order', [], {}, undefined],
  ['the policy’s ceiling binds without an order', [], { ceiling_w: 9000 }, 9000],
  ['the lowest ceiling wins', [atMost(6000), atMost(5000), atMost(7000)], {}, 5000],
  ['the policy’s ceiling wins over a higher order', [atMost(9500)], { ceiling_w: 9000 }, 9000],
  ['no order goes below the policy’s minimum', [atMost(100)], { min_w: 1500 }, 1500],
  ['a setpoint under a ceiling stands', [exactly(4000), atMost(5000)], {}, 4000],
  ['a ceiling clamps a setpoint', [exactly(6000), atMost(5000)], {}, 5000],
  ['among setpoints the lowest priority number goes first', [exactly(4000, 3), exactly(6000, 2)], {}, 6000],
  ['among equal setpoints the lower goes first', [exactly(6000), exactly(4000)], {}, 4000],
];

for (const [what, bounds, limits, ceilingW] of rows) {
  test(what, () => {
    assert.equal(compose(bounds, policyOf({ limits })).ceilingW, ceilingW);
    assert.equal(compose(bounds.toReversed(), policyOf({ limits })).ceilingW, ceilingW, 'in whatever order they came');
  });
}

test('the slowest ramp of all orders that bind counts, and each of their events is named once', () => {
  const { downWPerS, upWPerS, events, why } = compose(
    [
      atMost(5000, { ramp: { down_w_per_s: 100, up_w_per_s: null } }),
      atMost(6000, { ramp: { down_w_per_s: null, up_w_per_s: 50 }, event: 'b' }),
      atMost(7000, { ramp: { down_w_per_s: 300, up_w_per_s: 80 }, event: 'b' }),
    ],
    policyOf(),
  );
  assert.deepEqual([downWPerS, upWPerS, events], [100, 50, ['qse-north/ecrs-a', 'qse-north/b']]);
  assert.equal(why, 'ecrs of qse-north: at most 5000 W');
});
