import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '#agent/console/model/message.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import { ordered, SITE, said } from '#test/support/said.ts';
import { foremost, stateOf } from './events.ts';
import { heard } from './heard.ts';
import { emptySite } from './site.ts';

const START = epochMs('2026-11-21T21:00:00Z');
const at = (s: number) => START + 1000 * s;
const site = (...messages: Message[]) => heard(emptySite(SITE), messages);
const interval = (fromS: number, untilS: number, kind: 'ceiling' | 'release') => ({
  from: timestampOf(at(fromS)),
  until: timestampOf(at(untilS)),
  target: kind === 'ceiling' ? { kind, fraction: 0.4 } : { kind },
});

test('an event lasts from its first order’s beginning to its last order’s end', () => {
  const first = ordered({ intervals: [interval(10, 100, 'ceiling')] }, at(0), at(0));
  const next = ordered({ id: 'order-2', intervals: [interval(60, 300, 'ceiling')] }, at(0), at(50));
  const { events } = site(first, next);
  assert.deepEqual(
    [...events.values()].map(({ fromMs, untilMs }) => [fromMs, untilMs]),
    [[at(10), at(300)]],
  );
});

test('a release ends its event at once', () => {
  const begun = ordered({}, at(0), at(0));
  const released = ordered({ id: 'order-2', intervals: [interval(50, 100, 'release')] }, at(0), at(50));
  const [event = assert.fail()] = site(begun, released).events.values();
  assert.equal(stateOf(event, at(49)), 'running');
  assert.equal(stateOf(event, at(51)), 'over');
});

test('an order of another event on the same topic ends the event before it', () => {
  const begun = ordered({}, at(0), at(0));
  const other = ordered({ id: 'order-2', event: 'ecrs-2' }, at(100), at(90));
  const states = [...site(begun, other).events.values()].map((event) => [event.event, stateOf(event, at(101))]);
  assert.deepEqual(states, [
    ['ecrs-1', 'over'],
    ['ecrs-2', 'running'],
  ]);
});

test('what runs is looked at before what is to come, and that before what is over', () => {
  const one = ordered({}, at(0), at(0));
  const two = ordered({ event: 'later', program: 'later' }, at(3000), at(1));
  const { events } = site(one, two);
  assert.equal(foremost(events, at(5))?.event, 'ecrs-1');
  assert.equal(foremost(events, at(2000))?.event, 'later');
  assert.equal(foremost(events, at(9000))?.event, 'later');
});

test('a step that many racks take within a moment is told once', () => {
  const steps = ['r1', 'r2', 'r3'].map((rack, i) => said('event', { rack }, { phase: 'acting' }, at(i)));
  const late = said('event', { rack: 'r4' }, { phase: 'acting' }, at(60));
  const local = ['r1', 'r2'].map((rack) => said('event', { rack }, { kind: 'local', why: 'locked out' }, at(61)));
  const told = site(...steps, late, ...local).happenings.map(({ what, racks }) => `${what} ${[...racks].join(' ')}`);
  assert.deepEqual(told, ['local r2', 'local r1', 'acting r4', 'acting r1 r2 r3']);
});
