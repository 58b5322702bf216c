import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { Poller } from './poller.ts';

/** A source whose reads end when told, every one of them at most once. */
function source(periodMs = 1000) {
  const clock = new VirtualClock();
  const reads: { end(): void; fail(error: Error): void; signal: AbortSignal }[] = [];
  const failures: unknown[] = [];
  const poller = new Poller({
    name: 'm01',
    periodMs,
    clock,
    read: (signal) =>
      new Promise((resolve, reject) => {
        reads.push({ end: resolve, fail: reject, signal });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    failed: (error) => failures.push(error),
  });
  const end = async () => {
    reads.at(-1)?.end();
    await settle(2);
  };
  return { clock, poller, reads, failures, end };
}

test('a source is read at the start and then once a period', async () => {
  const { clock, poller, reads, end } = source();
  poller.start();
  for (let i = 1; i <= 3; i++) {
    assert.equal(reads.length, i);
    await end();
    await clock.advance(1000);
  }
  await end();
  await poller.stop();
  assert.equal(poller.counts.reads, 4);
});

test('sources that share a period are all read at the start, and from then on one after the other', async () => {
  const { clock, poller, reads, end } = source();
  poller.start(0.75);
  await end();
  const counts: number[] = [];
  for (const ms of [700, 100, 900, 100]) {
    await clock.advance(ms);
    await end();
    counts.push(reads.length);
  }
  assert.deepEqual(counts, [1, 2, 2, 3]);
  await poller.stop();
});

test('a source slower than its period is never read twice at once', async () => {
  const { clock, poller, reads, end } = source();
  poller.start();
  await clock.advance(5000);
  assert.equal(reads.length, 1);
  await end();
  await clock.advance(1000);
  assert.equal(reads.length, 2);
  assert.equal(poller.counts.lastMs, 5000);
  await poller.stop();
});

test('a poke reads at once, or once more after the read in flight, however often it comes', async () => {
  const { clock, poller, reads, end } = source();
  poller.start();
  await clock.advance(500);
  poller.poke();
  poller.poke();
  assert.equal(reads.length, 1);
  await end();
  assert.equal(reads.length, 2);
  await end();
  assert.equal(reads.length, 2);
  await clock.advance(300);
  poller.poke();
  assert.equal(reads.length, 3);
  await end();
  await poller.stop();
});

test('a source that is poked again and again is read five times a second, not hammered', async () => {
  const { clock, poller, reads, end } = source(60_000);
  poller.start();
  for (let i = 0; i < 100; i++) {
    await end();
    poller.poke();
    await clock.advance(10);
  }
  assert.equal(reads.length, 6);
  await end();
  poller.poke();
  await poller.stop();
  assert.equal(clock.pending, 0);
});

test('a failed read is counted and told, and the next one is made all the same', async () => {
  const { clock, poller, reads, failures } = source();
  poller.start();
  reads[0]?.fail(new Error('no reply'));
  await clock.advance(1000);
  assert.deepEqual([poller.counts.failures, failures.length, reads.length], [1, 1, 2]);
  await poller.stop();
});

test('a stop ends the read in flight, tells nobody that it failed, and is the end', async () => {
  const { clock, poller, reads, failures } = source();
  poller.start();
  poller.poke();
  await poller.stop();
  poller.poke();
  await clock.advance(5000);
  assert.ok(reads[0]?.signal.aborted);
  assert.deepEqual([reads.length, failures.length, clock.pending], [1, 0, 0]);
});
