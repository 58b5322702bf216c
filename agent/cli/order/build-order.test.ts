import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderRequest } from '#protocol/next-order.ts';
import { endOf } from '#protocol/next-order.ts';
import type { Order } from '#protocol/order.ts';
import { epochMs } from '#protocol/time.ts';
import { Failure } from '../failure.ts';
import { buildOrder } from './build-order.ts';

const nowMs = epochMs('2026-11-21T21:00:00.000Z');
const shed: OrderRequest = {
  site: 'tx1',
  issuer: 'qse-north',
  program: 'ecrs',
  to: 'all',
  target: { kind: 'shed', fraction: 0.6 },
  lastsS: 3600,
  deadlineS: 10,
  priority: 0,
  reason: 'ECRS deployment',
};
const moment = { nowMs, id: 'o1', retained: undefined };

function retained(change: Partial<Order> = {}): Order {
  const signature = { alg: 'Ed25519' as const, kid: 'qse-north-2026', value: 'A'.repeat(86) };
  return { ...buildOrder(shed, { ...moment, nowMs: nowMs - 60_000, id: 'o0' }), signature, ...change };
}

test('an order runs from now for as long as was asked, in an event named after program and time', () => {
  assert.deepEqual(buildOrder(shed, moment), {
    v: 1,
    type: 'order',
    id: 'o1',
    event: 'ecrs-2026-11-21t210000',
    issuer: 'qse-north',
    program: 'ecrs',
    seq: nowMs,
    scope: { site: 'tx1', to: 'all' },
    issued_at: '2026-11-21T21:00:00.000Z',
    intervals: [
      { from: '2026-11-21T21:00:00.000Z', until: '2026-11-21T22:00:00.000Z', target: { kind: 'shed', fraction: 0.6 } },
    ],
    priority: 0,
    ramp: { down_w_per_s: null, up_w_per_s: null },
    deadline_s: 10,
    reason: 'ECRS deployment',
  });
});

test('an order that is over before it is given is not given: whoever followed it would wait for ever', () => {
  const past = { ...shed, fromMs: nowMs - 2 * 3_600_000 };
  assert.throws(() => buildOrder(past, moment), { message: /over since 2026-11-21T20:00:00\.000Z$/, exitCode: 2 });
});

test('a retained seq ahead of this clock is still outrun', () => {
  assert.equal(buildOrder(shed, { ...moment, retained: retained({ seq: nowMs + 5000 }) }).seq, nowMs + 5001);
  assert.equal(buildOrder(shed, { ...moment, retained: retained({ seq: 7 }) }).seq, nowMs);
});

test('a new level while an event is in force belongs to that event, so that its baseline stands', () => {
  assert.equal(buildOrder(shed, { ...moment, retained: retained({ event: 'a' }) }).event, 'a');
  assert.equal(buildOrder({ ...shed, event: 'b' }, { ...moment, retained: retained({ event: 'a' }) }).event, 'b');
});

test('an event that has ended or was released does not go on', () => {
  const later = { ...moment, nowMs: nowMs + 7_200_000, retained: retained({ event: 'a' }) };
  assert.equal(buildOrder(shed, later).event, 'ecrs-2026-11-21t230000');
  const released = retained({ event: 'a' });
  for (const interval of released.intervals) interval.target = { kind: 'release' };
  assert.equal(buildOrder(shed, { ...moment, retained: released }).event, 'ecrs-2026-11-21t210000');
});

test('a release names the event it ends and outlasts the order it replaces', () => {
  const release: OrderRequest = { ...shed, target: { kind: 'release' }, lastsS: 60 };
  const before = retained({ event: 'a' });
  const built = buildOrder(release, { ...moment, retained: before });
  assert.equal(built.event, 'a');
  assert.equal(endOf(built), endOf(before));
  assert.throws(() => buildOrder(release, moment), /no order is retained there/);
});

test('plain watts for more than one rack are refused before they reach one; a share is not', () => {
  const ceiling = (to: OrderRequest['to'], of_w?: number): OrderRequest => ({
    ...shed,
    to,
    target: { kind: 'ceiling', watts: 5000, ...(of_w !== undefined && { of_w }) },
  });
  assert.throws(() => buildOrder(ceiling('all'), moment), /plain watts are for one rack/);
  assert.throws(() => buildOrder(ceiling('group/row-a'), moment), /plain watts are for one rack/);
  assert.equal(buildOrder(ceiling('rack/r07'), moment).scope.to, 'rack/r07');
  assert.equal(buildOrder(ceiling('all', 20_000), moment).scope.to, 'all');
});

test('what the wire cannot carry is a usage error in words', () => {
  assert.throws(
    () => buildOrder({ ...shed, reason: 'x'.repeat(300) }, moment),
    (error) =>
      error instanceof Failure && error.exitCode === 2 && error.message === 'reason must have at most 256 letters',
  );
});

test('an event named after a long program still fits the wire', () => {
  const { event } = buildOrder({ ...shed, program: 'p'.repeat(64) }, moment);
  assert.equal(event.length, 64);
});
