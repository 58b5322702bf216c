import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Phase, RackEvent } from '#protocol/lifecycle.ts';
import { RecentEvents } from './recent-events.ts';

const event = (phase: Phase | null, code: RackEvent['code'] = null): RackEvent => ({
  v: 1,
  at: '2026-11-21T21:00:00.000Z',
  kind: 'order',
  order: null,
  event: null,
  issuer: null,
  program: null,
  phase,
  code,
  device: null,
  power_w: null,
  power_age_ms: null,
  level_w: null,
  why: '',
});

test('who asks again gets what has come since, and the oldest of very many are forgotten', () => {
  const recent = new RecentEvents();
  for (let i = 0; i < 600; i++) recent.add(event('acting'));
  const all = recent.after(0);
  assert.deepEqual([all.length, all[0]?.n, all.at(-1)?.n], [500, 101, 600]);
  recent.add(event(null));
  assert.deepEqual(
    recent.after(600).map(({ n }) => n),
    [601],
  );
});

test('steps of orders are counted by phase and refusals by code, those that are forgotten too', () => {
  const recent = new RecentEvents();
  for (let i = 0; i < 600; i++) recent.add(event('acting'));
  recent.add(event('refused', 'bad_signature'));
  assert.deepEqual(
    [...recent.phases],
    [
      ['acting', 600],
      ['refused', 1],
    ],
  );
  assert.deepEqual([...recent.refusals], [['bad_signature', 1]]);
});
