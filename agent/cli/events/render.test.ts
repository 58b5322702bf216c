import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RackEvent } from '#protocol/lifecycle.ts';
import { rackEvent } from '#test/support/rack-event.ts';
import { eventLine, formatEvent } from './render.ts';

const screen = { width: 80, tint: (_tint: string, text: string) => text };
const step = rackEvent({
  why: 'the meter’s mean over the last 5 s is 5871 W, under the level of 6000 W',
});

test('an event tells when, what, the watts of that moment, and why, wrapped beside that', () => {
  assert.deepEqual(formatEvent(step, screen).split('\n'), [
    '21:00:00Z  metered         5870 W  the meter’s mean over the last 5 s is 5871 W,',
    '                                     under the level of 6000 W (ecrs-a)',
  ]);
});

test('in one line it is cut, and what the rack did by itself names the device', () => {
  const local = { ...step, kind: 'local', event: null, phase: null, power_w: null, device: 'm01', why: 'locked out' };
  assert.equal(eventLine(local as RackEvent, screen), '21:00:00Z  local                -  m01: locked out');
  assert.match(eventLine(step, screen), /^21:00:00Z {2}metered .* over the last 5 s is 5871 W…$/);
});

test('an event without a reason has no gap in its place', () => {
  assert.match(formatEvent({ ...step, why: '' }, screen), /5870 W {2}\(ecrs-a\)$/);
});

test('a refusal names its code', () => {
  const refused: RackEvent = { ...step, phase: 'refused', code: 'bad_signature', why: 'the signature does not fit' };
  assert.match(formatEvent(refused, screen), /refused .* bad_signature: the signature does not fit/);
});
