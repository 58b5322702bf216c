import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '#agent/config/policy.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import { accepted, after, metered, miner, policyOf, rackOf, seen } from '#test/support/pictures.ts';
import type { Memory } from '../plan.ts';
import { emptyMemory } from '../plan.ts';
import { frozenBaselines } from './baseline.ts';

const KEY = 'qse-north/ecrs-a';
const HOME_W = 6100;
const two = ['m01', 'm02'].map((id) => miner(id));
const atHome: Memory = { ...emptyMemory, homes: { m01: { kind: 'awake' }, m02: { kind: 'awake' } } };

/** Readings of the feed meter, each at its second. */
function withMeter(picture: Picture, ...readings: [s: Seconds, powerW: Watts][]): Picture {
  return readings.reduce((before, [s, powerW]) => seen(before, after(s), metered(powerW)), picture);
}

/** The baseline that is frozen at 100 s for an order that begins then. */
function frozen(
  picture: Picture,
  memory: Memory = atHome,
  { policy = policyOf(), nominatedW }: { policy?: Policy; nominatedW?: Watts } = {},
) {
  const order = accepted(
    { kind: 'shed', fraction: 0.5 },
    { from: 100, ...(nominatedW !== undefined && { baseline_w: nominatedW }) },
  );
  const [interval] = order.order.intervals;
  assert.ok(interval);
  const bindings = [{ accepted: order, interval }];
  return frozenBaselines(bindings, picture, policy, memory, HOME_W, after(100))[KEY];
}

const calm = withMeter(rackOf(two), [97, 5900], [98, 6000], [99, 6100]);
const slept = withMeter(rackOf(two, { m02: { asleep: true } }), [97, 3000], [98, 3100], [99, 3200]);
const fallback = { policy: policyOf({ baseline_fallback_w: 5000 }) };

const rows: [what: string, got: ReturnType<typeof frozen>, watts: Watts, method: RegExp][] = [
  ['is the mean of the meter', frozen(calm), 6000, /^metered mean of the last 3 s$/],
  ['is what the order nominates', frozen(calm, atHome, { nominatedW: 7000 }), 7000, /^nominated/],
  ['is the fallback without a meter’s word', frozen(rackOf(two), atHome, fallback), 5000, /fallback/],
  ['is by nameplates with neither', frozen(rackOf(two)), HOME_W, /nameplates/],
  ['is by nameplates on two samples', frozen(withMeter(rackOf(two), [98, 1], [99, 1])), HOME_W, /nameplates/],
  ['is not metered once a cut began that nobody remembers', frozen(slept), HOME_W, /nameplates/],
  [
    'is metered beside one that a person put to sleep',
    frozen(slept, { ...atHome, persons: ['m02'] }),
    3100,
    /^metered mean of the last 3 s$/,
  ],
  [
    'is stacked on the cut of another event',
    frozen(slept, { ...atHome, moved: ['m02'], cutAt: after(99).mono }),
    3100,
    /stacked on the cuts of another event$/,
  ],
  [
    'is stacked on a cut that a restart has interrupted',
    frozen(slept, { ...atHome, moved: ['m02'] }),
    3100,
    /stacked on the cuts of another event$/,
  ],
  [
    'leaves out what another event had cut before',
    frozen(withMeter(calm, [99.2, 6000], [99.4, 6000], [99.6, 6000]), { ...atHome, cutAt: after(99).mono }),
    6000,
    /^metered mean of the last 1 s$/,
  ],
];

for (const [what, got, watts, method] of rows) {
  test(`a baseline ${what}`, () => {
    assert.equal(got?.watts, watts);
    assert.match(got?.method ?? '', method);
  });
}

test('a baseline waits until all that the broker retains has come: an older one may be among it', () => {
  assert.equal(frozen({ ...calm, ordersKnown: false }), undefined);
});

test('a baseline stays as it was first, whatever the meter says later, and goes with the last of its event', () => {
  const first = { [KEY]: { watts: 9000, method: 'metered mean of the last 300 s' } };
  const memory: Memory = { ...atHome, baselines: first };
  const order = accepted({ kind: 'shed', fraction: 0.5 });
  const [interval] = order.order.intervals;
  assert.ok(interval);
  const known = seen(calm, after(0), { kind: 'order', accepted: order });
  const frozenAt = (picture: Picture, binds: boolean) =>
    frozenBaselines(binds ? [{ accepted: order, interval }] : [], picture, policyOf(), memory, HOME_W, after(100));
  assert.equal(frozenAt(known, true), first);
  assert.equal(frozenAt(known, false), first, 'between two of its intervals');
  assert.deepEqual(frozenAt(calm, false), {});
});
