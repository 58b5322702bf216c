import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ack, Phase, RackEvent } from '#protocol/lifecycle.ts';
import { rackEvent } from '#test/support/rack-event.ts';
import type { Heard, Verdict } from './follow.ts';
import { follow, startFollowing, verdict } from './follow.ts';

const AT = '2026-11-21T21:00:00.000Z';
const order = { id: 'o2', event: 'ecrs-a', issuer: 'qse-north' };

function ack(result: Ack['result'], change: Partial<Ack> = {}): Heard {
  const base: Ack = {
    v: 1,
    at: AT,
    rack: 'r07',
    type: 'order',
    id: 'o2',
    result,
    code: null,
    detail: '',
    prediction: null,
  };
  return { kind: 'ack', ack: { ...base, ...change } };
}

function event(phase: Phase | null, change: Partial<RackEvent> = {}, rack = 'r07'): Heard {
  return { kind: 'event', rack, event: rackEvent({ order: order.id, phase, ...change }) };
}

/** The phases that were told, as `rack phase`, and what became of it all. */
function story(...heard: Heard[]): [told: string[], verdict: Verdict] {
  let following = startFollowing(order);
  const told: string[] = [];
  for (const each of heard) {
    const next = follow(following, each);
    following = next.following;
    if (next.step) told.push(`${next.step.rack} ${next.step.phase}`);
  }
  return [told, verdict(following)];
}

test('an order is followed from the answer to the return, each phase once', () => {
  const heard = [
    ack('accepted'),
    event('accepted'),
    event('acting'),
    event('metered'),
    event('ended'),
    event('restored'),
  ];
  assert.deepEqual(story(...heard), [
    ['r07 accepted', 'r07 acting', 'r07 metered', 'r07 ended', 'r07 restored'],
    'restored',
  ]);
});

test('it is not over while one of the racks that answered is still out', () => {
  const r08 = { rack: 'r08' };
  const [, waiting] = story(ack('accepted'), ack('accepted', r08), event('restored'));
  assert.equal(waiting, 'waiting');
  const [, over] = story(ack('accepted'), ack('accepted', r08), event('restored'), event('restored', {}, 'r08'));
  assert.equal(over, 'restored');
});

test('nobody having answered is no success', () => assert.deepEqual(story(), [[], 'waiting']));

test('one refusal among many racks is the verdict', () => {
  const refused = ack('refused', { rack: 'r08', code: 'program_not_allowed' });
  assert.equal(story(ack('accepted'), refused, event('restored'))[1], 'refused');
});

test('a rack that never got under its level ends partial; one that got there late does not', () => {
  const end = [event('ended'), event('restored')];
  assert.equal(story(ack('accepted'), event('partial'), ...end)[1], 'partial');
  assert.equal(story(ack('accepted'), event('partial'), event('metered'), ...end)[1], 'restored');
});

test('the answers to republications are not told again', () => {
  assert.deepEqual(story(ack('accepted'), event('metered'), ack('repeat'), ack('repeat'))[0], [
    'r07 accepted',
    'r07 metered',
  ]);
  assert.deepEqual(story(ack('repeat'))[0], ['r07 repeat']);
});

test('a rack that tells the return under another order of the event has returned', () => {
  assert.equal(story(ack('accepted'), event('restored', { order: 'o1' }))[1], 'restored');
});

test('a return from before this order does not end it', () => {
  assert.deepEqual(story(event('restored', { order: 'o1' }), ack('accepted')), [['r07 accepted'], 'waiting']);
});

test('other orders, other issuers, devices and commands are not ours', () => {
  const others = [
    event('metered', { order: 'o1' }),
    event('restored', { order: 'o1', issuer: 'utility' }),
    event('restored', { order: 'o9', event: 'ecrs-b' }),
    event('metered', { kind: 'device' }),
    event(null),
    ack('accepted', { id: 'o9' }),
    ack('done', { type: 'command' }),
  ];
  assert.deepEqual(story(ack('accepted'), ...others), [['r07 accepted'], 'waiting']);
});
