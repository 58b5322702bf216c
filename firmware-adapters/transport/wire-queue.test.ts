import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { Preempted } from '../errors.ts';
import type { Urgency } from './wire-queue.ts';
import { WireQueue } from './wire-queue.ts';

test('one job runs at a time, and jobs of one urgency in the order they came', async () => {
  const { clock, started, run } = wire();
  const jobs = Promise.all([run('read', 'a'), run('read', 'b'), run('read', 'c')]);
  await clock.advance(150);
  assert.deepEqual(started, ['a', 'b']);
  await clock.advance(150);
  await jobs;
  assert.deepEqual(started, ['a', 'b', 'c']);
});

test('a control aborts the read in flight and goes before those that wait', async () => {
  const { clock, started, run } = wire();
  const first = assert.rejects(run('read', 'first read'), Preempted);
  const second = run('read', 'second read');
  const raise = run('raise', 'wake');
  await first;
  await clock.advance(300);
  await Promise.all([second, raise]);
  assert.deepEqual(started, ['first read', 'wake', 'second read']);
});

test('a cut drops every raise, running or waiting, and never another cut', async () => {
  const { clock, started, run } = wire();
  const running = assert.rejects(run('raise', 'wake'), Preempted);
  const waiting = assert.rejects(run('raise', 'limit up'), Preempted);
  const cuts = Promise.all([run('lower', 'sleep'), run('lower', 'limit down')]);
  await Promise.all([running, waiting]);
  await clock.advance(300);
  await cuts;
  assert.deepEqual(started, ['wake', 'sleep', 'limit down']);
});

test('a raise waits for the cut on the wire', async () => {
  const { clock, started, run } = wire();
  const jobs = Promise.all([run('lower', 'sleep'), run('raise', 'wake')]);
  await clock.advance(50);
  assert.deepEqual(started, ['sleep']);
  await clock.advance(200);
  await jobs;
});

test('the next job starts only when the aborted one has let go of the wire', async () => {
  const { clock, queue, started, run } = wire();
  const stubborn = assert.rejects(
    queue.run('read', () => clock.sleep(500)),
    Preempted,
  );
  const cut = run('lower', 'sleep');
  await stubborn;
  await clock.advance(400);
  assert.deepEqual(started, []);
  await clock.advance(300);
  await cut;
});

test('a caller that gives up takes its job out, waiting or running, with its own reason', async () => {
  const { clock, queue, started, run } = wire();
  const reason = new Error('the order has ended');
  const [running, waiting] = [new AbortController(), new AbortController()];
  const first = assert.rejects(run('read', 'running', running.signal), reason);
  const second = assert.rejects(run('read', 'waiting', waiting.signal), reason);
  waiting.abort(reason);
  assert.equal(queue.length, 0);
  running.abort(reason);
  await Promise.all([first, second, assert.rejects(run('read', 'late', AbortSignal.abort(reason)), reason)]);
  assert.equal(clock.pending, 0, 'the running job was told to end');
  await clock.advance(1000);
  assert.deepEqual(started, ['running']);
});

test('a job that fails does not stop the wire', async () => {
  const { clock, queue, run } = wire();
  const failure = new Error('no reply');
  await assert.rejects(
    queue.run('read', () => Promise.reject(failure)),
    failure,
  );
  const next = run('read', 'next');
  await clock.advance(100);
  await next;
});

test('a stopped queue drops what runs and waits, and refuses what comes', async () => {
  const { queue, run } = wire();
  const reason = new Error('stopped');
  const dropped = [run('lower', 'running'), run('read', 'waiting')].map((job) => assert.rejects(job, reason));
  queue.stop(reason);
  await Promise.all([...dropped, assert.rejects(run('lower', 'late'), reason)]);
});

/** A queue whose jobs take 100 ms each; `started` has their names in the order they got the wire. */
function wire() {
  const clock = new VirtualClock();
  const queue = new WireQueue();
  const started: string[] = [];
  const run = (urgency: Urgency, name: string, signal?: AbortSignal) =>
    queue.run(
      urgency,
      (abort) => {
        started.push(name);
        return clock.sleep(100, abort);
      },
      signal,
    );
  return { clock, queue, started, run };
}
