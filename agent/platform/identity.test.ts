import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '#test/support/memory-store.ts';
import { openIdentity } from './identity.ts';
import { openLog } from './log.ts';

const wallMs = Date.parse('2026-11-21T21:00:00Z');
const log = openLog('silent');

test('a start is later than the one before it, even when the clock went back', async () => {
  const { journal } = new MemoryStore().rack('r07');
  const first = await openIdentity({ journal, instance: 'a', wallMs, log });
  const second = await openIdentity({ journal, instance: 'b', wallMs: 0, log });
  assert.ok(second.boot > first.boot);
});

test('a start on a new disk is later than those that the old disk had counted', async () => {
  const old = await openIdentity({ journal: new MemoryStore().rack('r07').journal, instance: 'a', wallMs, log });
  const { journal } = new MemoryStore().rack('r07');
  const fresh = await openIdentity({ journal, instance: 'b', wallMs: wallMs + 1_000, log });
  assert.ok(fresh.boot > old.boot);
});

test('connections are numbered over all brokers', async () => {
  const { connections } = await openIdentity({
    journal: new MemoryStore().rack('r07').journal,
    instance: 'a',
    wallMs,
    log,
  });
  assert.deepEqual([connections.next(), connections.next()], [1, 2]);
});

test('a full disk or a spoiled entry does not keep the agent from starting', async () => {
  const store = new MemoryStore();
  const { journal } = store.rack('r07');
  await journal.put('identity', '{"boot":"many"}');
  store.fail = true;
  const identity = await openIdentity({ journal, instance: 'a', wallMs, log });
  assert.equal(identity.instance, 'a');
  assert.ok(identity.boot > 0);
});
