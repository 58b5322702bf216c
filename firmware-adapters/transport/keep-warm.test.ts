import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { KeepWarm } from './keep-warm.ts';
import { WireQueue } from './wire-queue.ts';

test('a warm session is renewed before what it holds expires', async () => {
  const { clock, attempts, session } = keep(async () => undefined);
  session.start();
  await clock.advance(60_000);
  assert.deepEqual(attempts, [0, 25_000, 50_000]);
  await session.stop();
});

test('a dead device is tried with growing pauses, and its failure is logged once', async () => {
  const { clock, attempts, logged, session } = keep(async () => {
    throw new Error('is not on the network');
  });
  session.start();
  await clock.advance(250_000);
  assert.deepEqual(attempts, [0, 2_000, 6_000, 14_000, 30_000, 62_000, 122_000, 182_000, 242_000]);
  assert.deepEqual(logged, ['warn session is cold']);
  await session.stop();
});

test('a device that comes back is warm at the next attempt, and the pauses start small again', async () => {
  let alive = false;
  const { clock, attempts, logged, session } = keep(async () => {
    if (!alive) throw new Error('is not on the network');
  });
  session.start();
  await clock.advance(10_000);
  alive = true;
  await clock.advance(5_000);
  alive = false;
  await clock.advance(28_000);
  assert.deepEqual(attempts, [0, 2_000, 6_000, 14_000, 39_000, 41_000]);
  assert.deepEqual(logged, ['warn session is cold', 'info session is warm again', 'warn session is cold']);
  await session.stop();
});

test('a control that takes the wire while the session warms up is not a failure: warming goes on behind it', async () => {
  const { clock, attempts, logged, queue, session } = keep((signal) => clock.sleep(1_000, signal));
  session.start();
  await clock.advance(500);
  const cut = queue.run('lower', (signal) => clock.sleep(100, signal));
  await clock.advance(2_000);
  await cut;
  assert.deepEqual(attempts, [0, 600]);
  assert.deepEqual(logged, []);
  await session.stop();
});

test('stopping ends a renewal in flight and leaves no timer behind', async () => {
  const { clock, session } = keep((signal) => clock.sleep(1_000, signal));
  session.start();
  await clock.advance(500);
  await session.stop();
  assert.equal(clock.pending, 0);
});

/** A session that needs renewing every 25 s; `attempts` are the moments, in ms, at which `warm` was called. */
function keep(warm: (signal: AbortSignal) => Promise<void>) {
  const clock = new VirtualClock();
  const queue = new WireQueue();
  const attempts: number[] = [];
  const logged: string[] = [];
  const log = {
    debug: () => undefined,
    info: (_detail: object, message: string) => logged.push(`info ${message}`),
    warn: (_detail: object, message: string) => logged.push(`warn ${message}`),
  };
  const attempt = (signal: AbortSignal) => {
    attempts.push(clock.monotonic());
    return warm(signal);
  };
  const session = new KeepWarm({ warm: attempt, renewMs: 25_000, queue, clock, log });
  return { clock, queue, attempts, logged, session };
}
