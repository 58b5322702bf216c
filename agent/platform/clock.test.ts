import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextBeat, systemClock } from './clock.ts';

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

test('what comes every period keeps its beat, however late one was', () => {
  assert.equal(nextBeat(1000, 1003, 50), 1050, 'a little late');
  assert.equal(nextBeat(1000, 999.6, 50), 1050, 'a little early, as timers may be');
  assert.equal(nextBeat(1000, 1050, 50), 1100, 'a whole period late: that beat is missed');
  assert.equal(nextBeat(1000, 4321, 50), 4350, 'after a standstill');
});

test('what comes every period comes again until it is called off, also from within', async () => {
  let beats = 0;
  await new Promise<void>((done) => {
    const cancel = systemClock.every('a beat', 1, () => {
      beats++;
      if (beats < 3) return;
      cancel();
      done();
    });
  });
  await systemClock.sleep(10);
  assert.equal(beats, 3);
});
