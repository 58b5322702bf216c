import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AcceptedOrder } from '#agent/state/observation.ts';
import { withOrder } from '#agent/state/orders.ts';
import type { OrderSlot } from '#agent/state/picture.ts';
import type { RefusalCode } from '#protocol/lifecycle.ts';
import type { Interval, Target } from '#protocol/order.ts';
import { targetKinds } from '#protocol/order.ts';
import { AT, bytes, keys, orderBody, policy, signed } from '#test/support/signed.ts';
import type { Admission } from './admit-order.ts';
import { admitOrder } from './admit-order.ts';

const TOPIC = 'ballast/v1/tx1/order/qse-north/ecrs/all';
const RACK_TOPIC = 'ballast/v1/tx1/order/qse-north/ecrs/rack/r07';
const gate = { site: 'tx1', rack: 'r07', groups: ['row-a'], policy, keys, now: AT, clock: 'good' as const };

const nothing = { own: undefined, blind: undefined };
const admit = (payload: unknown, topic = TOPIC, own?: OrderSlot) =>
  admitOrder(topic, bytes(payload), { own, blind: undefined }, gate);
const outcome = (admission: Admission) =>
  admission.kind === 'refused' ? [admission.code, admission.verified] : admission.kind;

/** The order of the tests, with other levels. */
const withIntervals = (...intervals: [from: string, until: string, target?: Target][]): Interval[] =>
  intervals.map(([from, until, target = { kind: 'ceiling', fraction: 0.4 }]) => ({
    from: `2026-11-21T${from}Z`,
    until: `2026-11-21T${until}Z`,
    target,
  }));
const withTarget = (target: Target) => ({ intervals: withIntervals(['21:00:00', '22:00:00', target]) });
const toRack = { scope: { site: 'tx1', to: 'rack/r07' } };

const valid = signed(orderBody());
const accepted = (change: Parameters<typeof orderBody>[0] = {}): AcceptedOrder => {
  const admission = admit(signed(orderBody(change)));
  assert.equal(admission.kind, 'accepted');
  return (admission as { accepted: AcceptedOrder }).accepted;
};
const slot = withOrder(undefined, accepted(), AT);

test('an order that its issuer signed, in time and within its rights, is accepted', () => {
  const { topic, order, digest, receivedAt } = accepted();
  assert.deepEqual({ topic, order, receivedAt }, { topic: TOPIC, order: valid, receivedAt: AT.wall });
  assert.match(digest, /^[0-9a-f]{64}$/);
});

/** Whoever sent these is not answered: anybody could have. */
const unverified: [what: string, payload: unknown, code: RefusalCode][] = [
  ['one byte of the signature is another', tampered(), 'bad_signature'],
  ['the order was changed after it was signed', { ...valid, priority: 3 }, 'bad_signature'],
  ['it is signed with another issuer’s key', signed(orderBody(), 'south-1'), 'kid_of_another_issuer'],
  ['its key is not in the policy', signed(orderBody(), 'qse-north-2020'), 'unknown_key'],
  ['its issuer is not in the policy', signed(orderBody({ issuer: 'qse-west' })), 'unknown_issuer'],
  ['its version is unknown', signed({ ...orderBody(), v: 2 }), 'unknown_version'],
  ['it has no signature', orderBody(), 'malformed'],
  ['it is not JSON', 'all miners off', 'not_json'],
  ['it is JSON, but no object', '[1]', 'not_json'],
  ['it is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'), 'not_json'],
  ['it is 1 MB of JSON', JSON.stringify({ ...valid, reason: 'x'.repeat(1_000_000) }), 'too_large'],
];

for (const [what, payload, code] of unverified) {
  test(`an order is refused with ${code} and its sender not answered when ${what}`, () => {
    const admission = admit(payload);
    assert.deepEqual(outcome(admission), [code, false]);
    assert.ok(!('issuer' in admission), 'nobody is named as its issuer');
  });
}

/** These were signed by their issuer, who is told. */
const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
const wordy: [what: string, payload: string, code: RefusalCode][] = [
  ['whose version is nested 30,000 deep', `{"v":${nested}}`, 'unknown_version'],
  [
    'that is signed and nested 30,000 deep',
    JSON.stringify(valid).replace('"reason"', `"x":${nested},"reason"`),
    'bad_signature',
  ],
  ['of an issuer with 60,000 letters', JSON.stringify({ ...valid, issuer: 'x'.repeat(60_000) }), 'unknown_issuer'],
];

for (const [what, payload, code] of wordy) {
  test(`a message ${what} is refused in few words`, () => {
    const admission = admit(payload);
    assert.ok(admission.kind === 'refused' && admission.code === code);
    assert.ok(admission.detail.length <= 300, `${admission.detail.length} characters`);
  });
}

const verified: [what: string, body: object, code: RefusalCode, topic?: string][] = [
  ['a key is not in the schema', { ...orderBody(), note: 'x' }, 'malformed'],
  ['a field is missing', { ...orderBody(), deadline_s: undefined }, 'malformed'],
  [
    'intervals overlap',
    orderBody({ intervals: withIntervals(['21:00:00', '21:30:00'], ['21:20:00', '21:40:00']) }),
    'malformed',
  ],
  ['an interval ends before it begins', orderBody({ intervals: withIntervals(['21:30:00', '21:00:00']) }), 'malformed'],
  ['it has no interval', orderBody({ intervals: [] }), 'malformed'],
  ['an amount has two forms', orderBody(withTarget({ kind: 'ceiling', fraction: 0.4, watts: 1 })), 'malformed'],
  ['it came to another site', orderBody({ scope: { site: 'tx2', to: 'all' } }), 'scope_mismatch'],
  [
    'a broker delivers it though it is for another rack',
    orderBody({ scope: { site: 'tx1', to: 'rack/r08' } }),
    'scope_mismatch',
    'ballast/v1/tx1/order/qse-north/ecrs/rack/r08',
  ],
  [
    'a broker delivers it though it is for a group of others',
    orderBody({ scope: { site: 'tx1', to: 'group/row-b' } }),
    'scope_mismatch',
    'ballast/v1/tx1/order/qse-north/ecrs/group/row-b',
  ],
  [
    'a broker delivers it though it is for another site',
    orderBody({ scope: { site: 'tx2', to: 'all' } }),
    'scope_mismatch',
    'ballast/v1/tx2/order/qse-north/ecrs/all',
  ],
  ['it came to one rack and is for all', orderBody(), 'scope_mismatch', RACK_TOPIC],
  ['it came on another program’s topic', orderBody(), 'scope_mismatch', 'ballast/v1/tx1/order/qse-north/4cp/all'],
  ['it came on another issuer’s topic', orderBody(), 'scope_mismatch', 'ballast/v1/tx1/order/qse-south/ecrs/all'],
  ['its issuer may not use the target', orderBody(withTarget({ kind: 'shed', fraction: 0.4 })), 'target_not_allowed'],
  [
    'its issuer may not run the program',
    orderBody({ program: '4cp' }),
    'program_not_allowed',
    'ballast/v1/tx1/order/qse-north/4cp/all',
  ],
  ['its issuer may not claim the priority', orderBody({ priority: 1 }), 'priority_not_allowed'],
  [
    'it lasts longer than its issuer may order',
    orderBody({ intervals: withIntervals(['21:00:00', '22:00:01']) }),
    'duration_not_allowed',
  ],
  ['it gives plain watts to all', orderBody(withTarget({ kind: 'ceiling', watts: 4000 })), 'watts_need_rack_scope'],
  ['it nominates a baseline in watts to all', orderBody({ baseline_w: 9000 }), 'watts_need_rack_scope'],
  ['it is over', orderBody({ intervals: withIntervals(['20:00:00', '21:00:00']) }), 'expired'],
  ['it was issued in the future', orderBody({ issued_at: '2026-11-21T21:00:05.001Z' }), 'issued_in_future'],
];

for (const [what, body, code, topic] of verified) {
  test(`an order is refused with ${code} and its issuer told when ${what}`, () => {
    const admission = admit(signed(body), topic);
    assert.deepEqual(outcome(admission), [code, true]);
    assert.ok(admission.kind === 'refused' && admission.issuer === 'qse-north' && admission.id === 'o-1');
  });
}

test('an order within tolerance of a fast clock, one for one rack in watts, and a share for all are accepted', () => {
  assert.equal(outcome(admit(signed(orderBody({ issued_at: '2026-11-21T21:00:05.000Z' })))), 'accepted');
  const watts = orderBody({ ...toRack, ...withTarget({ kind: 'ceiling', watts: 4000 }) });
  assert.equal(outcome(admit(signed(watts), RACK_TOPIC)), 'accepted');
  assert.equal(outcome(admit(signed(orderBody(withTarget({ kind: 'ceiling', watts: 4000, of_w: 9e6 }))))), 'accepted');
});

test('orders of every kind are accepted from who may use them', () => {
  const targets: Target[] = [
    { kind: 'floor', fraction: 0.5 },
    { kind: 'droop', nominal_hz: 60, deadband_hz: 0.02, full_hz: 0.3, watts: 1000 },
    { kind: 'trip', below_hz: 59.7, watts: 1000, hold_s: 60 },
  ];
  const issuers = policy.issuers.map((each) => ({ ...each, may: [...targetKinds] }));
  for (const target of targets) {
    const order = { ...orderBody(withTarget(target)), ...toRack };
    const all = { ...gate, policy: { ...policy, issuers } };
    assert.equal(outcome(admitOrder(RACK_TOPIC, bytes(signed(order)), nothing, all)), 'accepted');
    const waits = admitOrder(RACK_TOPIC, bytes(signed(order)), nothing, { ...all, clock: 'bad' });
    assert.deepEqual(outcome(waits), target.kind === 'trip' ? 'accepted' : ['clock_not_set', true], target.kind);
  }
});

test('an order for a group that the rack is in is accepted', () => {
  const toGroup = signed(orderBody({ scope: { site: 'tx1', to: 'group/row-a' } }));
  assert.equal(outcome(admit(toGroup, 'ballast/v1/tx1/order/qse-north/ecrs/group/row-a')), 'accepted');
});

test('to release what one ordered needs no right of its own', () => {
  assert.equal(outcome(admit(signed(orderBody(withTarget({ kind: 'release' }))))), 'accepted');
});

test('a rotated key signs nothing new, and what it signed before still counts', () => {
  const rotated = new Map([...keys].map(([kid, each]) => [kid, { ...each, notAfter: AT.wall }]));
  const outcomeAt = (issued_at: string) =>
    outcome(admitOrder(TOPIC, bytes(signed(orderBody({ issued_at }))), nothing, { ...gate, keys: rotated }));
  assert.equal(outcomeAt('2026-11-21T21:00:00Z'), 'accepted');
  assert.deepEqual(outcomeAt('2026-11-21T21:00:01Z'), ['unknown_key', true]);
});

test('a rack that only observes refuses every order', () => {
  const { commissioning: _waived, ...rest } = policy;
  const admission = admitOrder(TOPIC, bytes(valid), nothing, { ...gate, policy: rest });
  assert.deepEqual(outcome(admission), ['not_commissioned', true]);
});

const sequence: [what: string, body: object, expected: unknown][] = [
  ['the same seq and the same content are a repeat', orderBody(), 'repeat'],
  ['the same seq with other content is a conflict', orderBody({ reason: 'another' }), ['seq_conflict', true]],
  ['a lower seq is behind', orderBody({ seq: 6 }), ['superseded', true]],
  ['a higher seq goes on', orderBody({ seq: 8 }), 'accepted'],
];

for (const [what, body, expected] of sequence) {
  test(`after an order on its topic, ${what}`, () => {
    assert.deepEqual(outcome(admit(signed(body), TOPIC, slot)), expected);
  });
}

test('the order of keys and white space are not content', () => {
  const reordered = Object.fromEntries(Object.entries(valid).reverse());
  assert.equal(outcome(admit(JSON.stringify(reordered, null, 2), TOPIC, slot)), 'repeat');
});

test('an order that comes again after its end is a repeat: it was carried out, not refused', () => {
  const later = { ...gate, now: { ...AT, wall: AT.wall + 7_200_000 } };
  assert.equal(outcome(admitOrder(TOPIC, bytes(valid), { own: slot, blind: undefined }, later)), 'repeat');
  assert.deepEqual(outcome(admitOrder(TOPIC, bytes(valid), nothing, later)), ['expired', true]);
});

const blind = { ...gate, clock: 'bad' as const, now: { wall: 0, mono: 0 } };

test('while the clock is not set, an order runs from receipt for its own duration, beside what its topic holds', () => {
  const admission = admitOrder(TOPIC, bytes(valid), nothing, blind);
  assert.ok(admission.kind === 'accepted');
  const { topic, order } = admission.accepted;
  assert.notEqual(topic, TOPIC);
  assert.deepEqual(
    order.intervals.map(({ from, until }) => [from, until]),
    [['1970-01-01T00:00:00.000Z', '1970-01-01T01:00:00.000Z']],
  );
  const again = { own: undefined, blind: withOrder(undefined, admission.accepted, AT) };
  assert.equal(outcome(admitOrder(TOPIC, bytes(valid), again, blind)), 'repeat');
});

test('while the clock is not set, prices wait: nobody can tell whose hour they are for', () => {
  const prices = signed(orderBody(withTarget({ kind: 'market', energy_usd_per_mwh: 40 })));
  const north = policy.issuers.map((issuer) => ({ ...issuer, may: [...issuer.may, 'market' as const] }));
  const lenient = { ...gate, policy: { ...policy, issuers: north } };
  assert.equal(admitOrder(TOPIC, bytes(prices), nothing, lenient).kind, 'accepted');
  assert.deepEqual(outcome(admitOrder(TOPIC, bytes(prices), nothing, { ...lenient, clock: 'bad' })), [
    'clock_not_set',
    true,
  ]);
});

test('while the clock is not set, a release waits: nobody can tell whether it is old', () => {
  const release = signed(orderBody(withTarget({ kind: 'release' })));
  assert.deepEqual(outcome(admitOrder(TOPIC, bytes(release), nothing, blind)), ['clock_not_set', true]);
});

test('whatever is changed in the bytes of an order, it is refused without a fault', () => {
  const original = Buffer.from(JSON.stringify(valid));
  const edit = fc.record({
    at: fc.nat(original.length),
    drop: fc.nat(4),
    insert: fc.uint8Array({ maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const mutated = edits.reduce(
        (text, { at, drop, insert }) => Buffer.concat([text.subarray(0, at), insert, text.subarray(at + drop)]),
        original,
      );
      const admission = admitOrder(TOPIC, mutated, nothing, gate);
      // White space, or an escape for the same letter, is the same order.
      if (admission.kind === 'accepted') assert.deepEqual(JSON.parse(mutated.toString()), valid);
    }),
    { numRuns: 300 },
  );
});

function tampered(): object {
  const { value } = valid.signature;
  return { ...valid, signature: { ...valid.signature, value: (value[0] === 'A' ? 'B' : 'A') + value.slice(1) } };
}
