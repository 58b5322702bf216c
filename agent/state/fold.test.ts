import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, after, inventory, metered, miner, rackOf, seen, viewOf } from '#test/support/pictures.ts';
import type { Observation } from './observation.ts';
import { inTurn, nextBoundary } from './orders.ts';
import type { Picture } from './picture.ts';

const rack = rackOf([miner('m01')]);
const m01 = { device: 'm01' } as const;
const dead: Observation = { kind: 'deviceTrouble', ...m01, trouble: { kind: 'unreachable', message: 'no route' } };
const reading = (change: object = {}): Observation => ({
  kind: 'device',
  ...m01,
  reading: { asleep: false, limit: 100, faults: [], ...change },
});

const states: [what: string, observations: Observation[], state: string][] = [
  ['awake without a limit', [reading()], 'awake'],
  ['asleep', [reading({ asleep: true })], 'asleep'],
  ['limited', [reading({ limit: 60 })], 'limited'],
  ['unknown to one that does not say whether it sleeps', [reading({ asleep: undefined })], 'unknown'],
  ['unreachable after a failed read', [dead], 'unreachable'],
  ['unreachable after a time-out', [{ ...dead, trouble: { kind: 'timedOut', message: '' } }], 'unreachable'],
  [
    'unauthorised after a wrong password',
    [{ ...dead, trouble: { kind: 'unauthorised', message: '' } }],
    'unauthorised',
  ],
  ['as it was after one garbled reply', [{ ...dead, trouble: { kind: 'malformed', message: '' } }], 'awake'],
  ['back once it is read again', [dead, reading()], 'awake'],
];

for (const [what, observations, state] of states) {
  test(`a device is ${what}`, () => assert.equal(viewOf(seen(rack, after(1), ...observations), 'm01').state, state));
}

test('another device at the address stays so until the right one answers, whatever it says of itself', () => {
  const identity = { make: 'whatsminer', mac: '02:00:00:00:00:01' };
  const wrong = seen(
    rack,
    after(1),
    { kind: 'identity', ...m01, identity, mismatch: 'another MAC' },
    reading({ powerW: 7 }),
  );
  assert.deepEqual([viewOf(wrong, 'm01').state, viewOf(wrong, 'm01').reading?.powerW], ['wrong_device', 3000]);
  assert.equal(viewOf(seen(wrong, after(2), { kind: 'identity', ...m01, identity }), 'm01').state, 'unknown');
});

test('a device that was out of reach is a stranger until it says again who it is', () => {
  const identity = { make: 'whatsminer', mac: '02:00:00:00:00:01' };
  const known = seen(rack, after(1), { kind: 'identity', ...m01, identity });
  assert.equal(viewOf(known, 'm01').identified, true);
  const late: Observation = { ...dead, trouble: { kind: 'timedOut', message: '' } };
  assert.equal(viewOf(seen(known, after(2), late), 'm01').identified, true, 'it was there, and only slow');
  const away = seen(known, after(2), dead);
  assert.equal(viewOf(seen(away, after(3), reading()), 'm01').identified, false);
  assert.equal(viewOf(seen(away, after(3), { kind: 'identity', ...m01, identity }), 'm01').identified, true);
});

test('a device keeps the moment at which it entered its state', () => {
  const picture = seen(seen(rack, after(5), reading({ asleep: true })), after(9), reading({ asleep: true }));
  assert.deepEqual(viewOf(picture, 'm01').since, after(5));
});

test('a device that draws more than its nameplate is planned at more, in steps, and never at less again', () => {
  const fullW = (powerW: number, from = rack) => viewOf(seen(from, after(1), reading({ powerW })), 'm01').fullW;
  assert.equal(fullW(3000), 3000);
  assert.equal(fullW(3101), 3120);
  assert.equal(fullW(2000, seen(rack, after(1), reading({ powerW: 3101 }))), 3120);
  assert.equal(fullW(9000), 3000, 'three times the nameplate is no power but a mistake');
});

test('asking for the same setting again counts the attempts, and seeing it done ends the count', () => {
  const ask: Observation = { kind: 'asked', asks: [{ ...m01, setting: { kind: 'asleep' } }] };
  const attempts = (...observations: Observation[]) =>
    viewOf(seen(rack, after(1), ...observations), 'm01').asked?.attempts;
  assert.equal(attempts(ask, ask), 2);
  assert.equal(attempts(ask, { kind: 'asked', asks: [{ ...m01, setting: { kind: 'awake' } }] }), 1);
  const answered = seen(rack, after(1), ask, { kind: 'acknowledged', ...m01, settleMs: 100, said: 'ok' });
  assert.equal(viewOf(seen(answered, after(2), reading({ asleep: true })), 'm01').asked?.attempts, 0);
});

test('a call that failed leaves the reason and, where nobody answered, an unreachable device', () => {
  const ask: Observation = { kind: 'asked', asks: [{ ...m01, setting: { kind: 'asleep' } }] };
  const failed: Observation = { kind: 'notDone', ...m01, trouble: { kind: 'timedOut', message: 'no reply in 5 s' } };
  const { asked, state } = viewOf(seen(rack, after(1), ask, failed), 'm01');
  assert.deepEqual([asked?.outcome, asked?.trouble?.message, state], ['failed', 'no reply in 5 s', 'unreachable']);
});

test('a call that was given up may be done yet: for a while a reading from before it says nothing', () => {
  const ask: Observation = { kind: 'asked', asks: [{ ...m01, setting: { kind: 'asleep' } }] };
  const failed: Observation = { kind: 'notDone', ...m01, trouble: { kind: 'timedOut', message: 'no reply in 5 s' } };
  const given = seen(rack, after(1), ask, failed);
  const mayHaveMoved = (s: number, asleep: boolean) =>
    viewOf(seen(given, after(s), reading({ asleep })), 'm01').mayHaveMoved;
  assert.deepEqual([mayHaveMoved(2, false), mayHaveMoved(2, true), mayHaveMoved(60, false)], [true, false, false]);
});

test('a call whose connection broke may have been done, unless its device was out of reach before', () => {
  const ask: Observation = { kind: 'asked', asks: [{ ...m01, setting: { kind: 'asleep' } }] };
  const trouble = { kind: 'unreachable', message: 'closed the connection' } as const;
  const broken: Observation = { kind: 'notDone', ...m01, trouble };
  const away = seen(rack, after(0), { kind: 'deviceTrouble', ...m01, trouble });
  const mayHaveMoved = (before: Picture) => viewOf(seen(before, after(1), ask, broken), 'm01').mayHaveMoved;
  assert.deepEqual([mayHaveMoved(rack), mayHaveMoved(away)], [true, false]);
});

test('a call that the hardware took along when it was exchanged is not waited for, and may have been done', () => {
  const asked = seen(rack, after(1), { kind: 'asked', asks: [{ ...m01, setting: { kind: 'asleep' } }] });
  const devices = [viewOf(asked, 'm01').facts];
  const exchanged = seen(asked, after(2), inventory({ devices }));
  const view = viewOf(exchanged, 'm01');
  assert.deepEqual([view.asked?.outcome, view.mayHaveMoved], ['failed', true]);
});

test('meter samples are kept for five minutes, and a reading without power adds none', () => {
  const picture = [0, 100, 200, 301].reduce((before, s) => seen(before, after(s), metered(1000 + s)), rack);
  const silent = seen(picture, after(302), { kind: 'meter', meter: 'feed', reading: { frequencyHz: 60 } });
  assert.deepEqual(
    silent.meters['feed']?.samples.map(({ powerW }) => powerW),
    [1100, 1200, 1301],
  );
});

test('what is said of devices and meters that the rack does not have is let go', () => {
  assert.equal(seen(rack, after(1), { ...reading(), device: 'm99' } as Observation), rack);
  assert.equal(seen(rack, after(1), { ...metered(1), meter: 'other' } as Observation), rack);
});

const level = { kind: 'ceiling', fraction: 0.5 } as const;
const order = (id: string, from: number, until: number, seq: number) => accepted(level, { id, from, until, seq });

test('orders of a topic take turns at their own starts, and what has been succeeded is let go', () => {
  const [a, b, c] = [order('a', 0, 600, 1), order('b', 300, 900, 2), order('c', 400, 500, 3)];
  const told = [a, b, c].map((each): Observation => ({ kind: 'order', accepted: each }));
  const slot = seen(rack, after(10), ...told).orders[a.topic];
  assert.ok(slot);
  const turn = (s: number) => inTurn(slot, after(s).wall)?.order.id;
  assert.deepEqual([turn(0), turn(299), turn(300), turn(400), turn(600)], ['a', 'a', 'b', 'c', 'c']);
  const later = seen(rack, after(10), ...told.slice(0, 2));
  const held = seen(later, after(350), ...told.slice(2)).orders[a.topic];
  assert.deepEqual(
    held?.orders.map((each) => each.order.id),
    ['b', 'c'],
  );
});

test('what waits for a turn that never comes, since a newer order begins before it, is let go', () => {
  const told = [order('a', 0, 600, 1), order('b', 300, 900, 2), order('c', 200, 900, 3)];
  const picture = seen(rack, after(10), ...told.map((each): Observation => ({ kind: 'order', accepted: each })));
  assert.deepEqual(
    picture.orders[told[0]?.topic ?? '']?.orders.map((each) => each.order.id),
    ['a', 'c'],
  );
});

test('the next boundary is the nearest start or end of any interval that is still to come', () => {
  const picture = seen(rack, after(0), { kind: 'order', accepted: order('a', 60, 600, 1) });
  assert.deepEqual(
    [0, 60, 600].map((s) => nextBoundary(picture, after(s).wall)),
    [after(60).wall, after(600).wall, undefined],
  );
});
