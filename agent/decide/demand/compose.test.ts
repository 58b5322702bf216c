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
  [
    { kind: 'floor', fraction: 0.5 },
    { kind: 'atLeast', watts: 6000 },
  ],
  [
    { kind: 'floor', watts: 60_000, of_w: 120_000 },
    { kind: 'atLeast', watts: 6000 },
  ],
  [{ kind: 'droop', nominal_hz: 60, deadband_hz: 0.02, full_hz: 0.3, watts: 6000 }, undefined],
  [{ kind: 'trip', below_hz: 59.7, watts: 6000, hold_s: 60 }, undefined],
  [{ kind: 'market', energy_usd_per_mwh: 40 }, undefined],
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
const atLeast = (watts: number) => bound({ kind: 'atLeast', watts });

type Ends = [ceilingW: number | undefined, floorW: number | undefined];
const rows: [what: string, bounds: Bound[], limits: object, ends: Ends, why: RegExp][] = [
  ['nothing binds without an order', [], {}, [undefined, undefined], /no order binds/],
  ['the policy’s ceiling binds without an order', [], { ceiling_w: 9000 }, [9000, undefined], /policy’s ceiling/],
  ['the lowest ceiling wins', [atMost(6000), atMost(5000), atMost(7000)], {}, [5000, undefined], /at most 5000 W/],
  ['the policy’s ceiling wins over a higher order', [atMost(9500)], { ceiling_w: 9000 }, [9000, undefined], /policy’s/],
  ['no order goes below the policy’s minimum', [atMost(100)], { min_w: 1500 }, [1500, undefined], /1500 W.*minimum/],
  ['nor does a setpoint', [exactly(100)], { min_w: 1500 }, [1500, 1500], /1500 W.*minimum/],
  ['a setpoint under a ceiling stands', [exactly(4000), atMost(5000)], {}, [4000, 4000], /exactly 4000 W/],
  ['a ceiling clamps a setpoint', [exactly(6000), atMost(5000)], {}, [5000, 5000], /at most 5000 W/],
  ['the policy’s ceiling clamps a setpoint', [exactly(9500)], { ceiling_w: 9000 }, [9000, 9000], /policy’s ceiling/],
  [
    'among setpoints the lowest priority number goes first',
    [exactly(4000, 3), exactly(6000)],
    {},
    [6000, 6000],
    /6000/,
  ],
  ['among equal setpoints the lower goes first', [exactly(6000), exactly(4000)], {}, [4000, 4000], /exactly 4000 W/],
  ['the highest floor wins', [atLeast(6000), atLeast(7000), atLeast(5000)], {}, [undefined, 7000], /at least 7000 W/],
  ['a floor under a ceiling stands beside it', [atLeast(4000), atMost(5000)], {}, [5000, 4000], /at most 5000 W/],
  ['a ceiling beats a floor', [atLeast(6000), atMost(5000)], {}, [5000, 5000], /at most 5000 W/],
  ['the policy’s ceiling beats a floor', [atLeast(9500)], { ceiling_w: 9000 }, [9000, 9000], /policy’s ceiling/],
  ['a floor lifts a setpoint', [exactly(4000), atLeast(5000)], {}, [5000, 5000], /at least 5000 W/],
  [
    'a ceiling beats the floor that lifts one',
    [exactly(4000), atLeast(6000), atMost(5000)],
    {},
    [5000, 5000],
    /at most/,
  ],
  ['a setpoint above a floor stands', [exactly(7000), atLeast(5000)], {}, [7000, 7000], /exactly 7000 W/],
];

for (const [what, bounds, limits, ends, why] of rows) {
  test(what, () => {
    for (const inTurn of [bounds, bounds.toReversed()]) {
      const { ceilingW, floorW, why: top, whyMore } = compose(inTurn, policyOf({ limits }));
      assert.deepEqual([ceilingW, floorW], ends, 'in whatever order they came');
      assert.match(ceilingW === undefined ? whyMore : top, why);
    }
  });
}

test('who goes further than whom is told apart: each order that binds is named with what it asks', () => {
  const { why, asked } = compose([atMost(6000, { program: '4cp' }), atMost(5000)], policyOf());
  assert.equal(why, 'ecrs of qse-north: at most 5000 W');
  assert.deepEqual(asked, ['4cp of qse-north: at most 6000 W', 'ecrs of qse-north: at most 5000 W']);
});

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
