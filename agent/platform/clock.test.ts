import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.ts';

test('a silence of a part of a millisecond is kept to its end', async () => {
  const from = systemClock.monotonic();
  await systemClock.sleep(1.75);
  assert.ok(systemClock.monotonic() - from >= 1.75);
});

test('a sleep that is called off says why, also in its last part of a millisecond, and leaves nothing behind', async () => {
  for (const ms of [60_000, 60_000.5, 0.999]) {
    const off = new AbortController();
    const slept = systemClock.sleep(ms, off.signal);
    off.abort('no longer needed');
    await assert.rejects(slept, (reason) => reason === 'no longer needed');
    await assert.rejects(systemClock.sleep(ms, off.signal), (reason) => reason === 'no longer needed');
  }
});
