import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CountedFlow } from './counted-flow.ts';

test('a pulse meter tells its flow once it has counted for long enough, and stillness as none', () => {
  const flow = new CountedFlow();
  const told = Array.from({ length: 60 }, (_, i) => flow.add(500 + Math.floor(i / 2), i * 2000));
  assert.deepEqual(told.slice(0, 10), Array(10).fill(undefined));
  assert.ok(Math.abs((told.at(-1) ?? 0) - 15) <= 1, `${told.at(-1)} l/min`);
  const still = Array.from({ length: 32 }, (_, i) => flow.add(529, 120_000 + i * 2000));
  assert.equal(still.at(-1), 0);
});

test('a counter that was reset begins anew instead of telling a negative flow', () => {
  const flow = new CountedFlow();
  flow.add(900, 0);
  flow.add(910, 30_000);
  assert.equal(flow.add(0, 32_000), undefined);
  assert.equal(flow.add(5, 62_000), 10);
});
