import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, policyOf, RACK } from '#test/support/pictures.ts';
import type { Envelope } from '../demand/compose.ts';
import type { Line } from '../plan.ts';
import { staggerMs } from '../stagger.ts';
import type { Surroundings } from './ramp.ts';
import { moveLine } from './ramp.ts';

const EVENT = 'qse-north/ecrs-a';

const envelope = (ceilingW: number | undefined, change: Partial<Envelope> = {}): Envelope => ({
  ceilingW,
  floorW: undefined,
  why: '',
  whyMore: '',
  asked: [],
  downWPerS: undefined,
  upWPerS: undefined,
  deadlineS: Number.POSITIVE_INFINITY,
  events: ceilingW === undefined ? [] : [EVENT],
  ...change,
});
const around = (s: number, change: Partial<Surroundings> & { limits?: object } = {}): Surroundings => {
  const { limits, ...rest } = change;
  const policy = policyOf({ limits: { restore_window_s: 60, ...limits } });
  return { rack: RACK, policy, drawnW: 10_000, homeW: 12_000, mayRaise: true, guarded: false, now: after(s), ...rest };
};
const line = (levelW: number, change: Partial<Line> = {}): Line => ({ levelW, movedAt: 0, events: [EVENT], ...change });

const moves: [what: string, from: Line | undefined, to: Envelope, around: Surroundings, levelW: number | undefined][] =
  [
    ['without a ceiling there is no line', undefined, envelope(undefined), around(1), undefined],
    ['without a rate a cut goes to its level at once', undefined, envelope(4000), around(1), 4000],
    [
      'a cut starts from what is drawn, with a tick’s worth of ramp',
      undefined,
      envelope(4000, { downWPerS: 500 }),
      around(1),
      9500,
    ],
    ['a cut above what is drawn is there at once', undefined, envelope(11_000, { downWPerS: 500 }), around(1), 11_000],
    ['it goes on by the time that has passed', line(9500), envelope(4000, { downWPerS: 500 }), around(0.5), 9250],
    ['it stops at its level', line(4100), envelope(4000, { downWPerS: 500 }), around(1), 4000],
    [
      'the policy’s rate counts where it is slower',
      line(9500),
      envelope(4000, { downWPerS: 500 }),
      around(1, { limits: { step_down_w_per_s: 100 } }),
      9400,
    ],
    [
      'a loop that stood still catches up two seconds at most',
      line(9500),
      envelope(4000, { downWPerS: 500 }),
      around(60),
      8500,
    ],
    ['a raise without a rate is there at once', line(4000), envelope(6000), around(1), 6000],
    ['a raise follows the order’s rate', line(4000), envelope(9000, { upWPerS: 200 }), around(1), 4200],
    [
      'a raise follows the policy’s rate where it is slower',
      line(4000),
      envelope(9000, { upWPerS: 200 }),
      around(1, { limits: { step_up_w_per_s: 50 } }),
      4050,
    ],
    ['nothing is raised before every order is known', line(4000), envelope(9000), around(1, { mayRaise: false }), 4000],
    [
      'a line that meets what the rack draws at home is gone',
      line(11_900, { events: [], upWPerS: 200 }),
      envelope(undefined),
      around(1),
      undefined,
    ],
    [
      'on the way up after an order its rate is remembered',
      line(4000, { events: [], upWPerS: 200 }),
      envelope(undefined),
      around(1),
      4200,
    ],
  ];

for (const [what, from, to, surroundings, levelW] of moves) {
  test(what, () => assert.equal(moveLine(from, to, surroundings)?.levelW, levelW));
}

test('after the end of an event the line holds for this rack’s own delay, and then goes', () => {
  const delayS = staggerMs(RACK, EVENT, 60) / 1000;
  const held = moveLine(line(4000), envelope(undefined), around(0));
  assert.deepEqual(held?.hold, { event: EVENT, until: after(delayS).mono });
  assert.equal(moveLine(held, envelope(undefined), around(delayS - 0.1))?.levelW, 4000);
  assert.equal(moveLine(held, envelope(undefined), around(delayS)), undefined);
});

test('an event that ends under another one that binds holds too, before the line goes up to the other', () => {
  const both = line(4000, { events: [EVENT, 'qse-north/b'] });
  const held = moveLine(both, envelope(6000, { events: ['qse-north/b'] }), around(0));
  assert.equal(held?.hold?.event, EVENT);
  assert.equal(held?.levelW, 4000);
});

test('a line on its way moves twice a second at most, and one that stands still begins at once', () => {
  const cut = envelope(4000, { downWPerS: 500 });
  const moving = moveLine(line(9500), cut, around(1));
  assert.deepEqual(
    [1.1, 1.3, 1.5].map((s) => moveLine(moving, cut, around(s))?.levelW),
    [9000, 9000, 8750],
  );
  const standing = moveLine(line(9000), envelope(9000), around(1));
  assert.equal(moveLine(standing, cut, around(1.1))?.levelW, 8700);
  const rising = moveLine(line(4000), envelope(9000, { upWPerS: 200 }), around(1));
  assert.equal(moveLine(rising, envelope(9000, { upWPerS: 200 }), around(1.2))?.levelW, 4200);
});

test('a cut that comes during a hold ends it', () => {
  const held = moveLine(line(4000), envelope(undefined), around(0));
  const cut = moveLine(held, envelope(3000), around(1));
  assert.deepEqual([cut?.levelW, cut?.hold], [3000, undefined]);
});

test('a thousand racks come back spread evenly over the window', () => {
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let rack = 0; rack < 1000; rack++) {
    const share = staggerMs(`r${rack}`, EVENT, 900) / 900_000;
    assert.ok(share >= 0 && share < 1);
    buckets[Math.floor(share * 10)] = (buckets[Math.floor(share * 10)] ?? 0) + 1;
  }
  // Chi-squared with nine degrees of freedom: above 27.9 once in a thousand draws that are uniform.
  const chiSquared = buckets.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
  assert.ok(chiSquared < 27.9, `${buckets}`);
});

test('a rack’s delay differs from event to event and stays the same within one', () => {
  assert.equal(staggerMs(RACK, EVENT, 900), staggerMs(RACK, EVENT, 900));
  assert.notEqual(staggerMs(RACK, EVENT, 900), staggerMs(RACK, 'qse-north/ecrs-b', 900));
});
