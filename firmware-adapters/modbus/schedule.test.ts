import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BusUrgency, Job } from './schedule.ts';
import { Schedule } from './schedule.ts';

type Named = Job & { name: string; dropped: string[] };

function job(urgency: BusUrgency, askedAt = 0, name: string = urgency): Named {
  const dropped: string[] = [];
  return { name, urgency, askedAt, lastsMs: 20, dropped, drop: (reason) => dropped.push(String(reason)) };
}

const ready = () => 0;

/** The order in which they go when each ends before the next begins. */
function order(jobs: Named[], now = 0): string[] {
  const schedule = new Schedule<Named>(1);
  for (const each of jobs) schedule.add(each);
  const names: string[] = [];
  for (let next = schedule.next(now, ready); next.kind === 'start'; next = schedule.next(now, ready)) {
    names.push(next.job.name);
    schedule.end(next.job);
  }
  return names;
}

test('a cut goes first, then a raise, then reads from fast to slow', () => {
  const jobs = [job('slow'), job('normal'), job('fast'), job('raise'), job('lower')];
  assert.deepEqual(order([...jobs.slice(0, 3), job('lower')]), ['lower', 'fast', 'normal', 'slow']);
  assert.deepEqual(order(jobs.slice(0, 4)), ['raise', 'fast', 'normal', 'slow']);
});

test('among equals whoever asked first goes first, so that slow points take turns', () => {
  assert.deepEqual(order([job('slow', 0, 'a'), job('slow', 0, 'b'), job('slow', 1, 'c')]), ['a', 'b', 'c']);
});

test('a slow read that has waited for ten seconds goes before a fast one of just now', () => {
  assert.deepEqual(order([job('fast', 10_001), job('slow', 0)]), ['slow', 'fast']);
  assert.deepEqual(order([job('fast', 9_999), job('slow', 0)]), ['fast', 'slow']);
  assert.deepEqual(order([job('fast', 1_001), job('normal', 0)]), ['normal', 'fast']);
});

test('an urgent one that may not go yet holds up no other', () => {
  const schedule = new Schedule<Named>(1);
  const [fast, slow] = [job('fast'), job('slow')];
  schedule.add(fast);
  schedule.add(slow);
  const readyAt = (each: Named) => (each === fast ? 50 : 0);
  assert.deepEqual(schedule.next(0, readyAt), { kind: 'start', job: slow });
  schedule.end(slow);
  assert.deepEqual(schedule.next(0, readyAt), { kind: 'wait', at: 50 });
  assert.deepEqual(schedule.next(50, readyAt), { kind: 'start', job: fast });
});

test('no read begins that would be in the way of a cut whose unit still rests', () => {
  const schedule = new Schedule<Named>(1);
  const [cut, read] = [job('lower'), job('fast')];
  schedule.add(read);
  schedule.add(cut);
  const readyAt = (each: Named) => (each === cut ? 50 : 0);
  assert.deepEqual(schedule.next(31, readyAt), { kind: 'wait', at: 50 });
  assert.deepEqual(schedule.next(30, readyAt), { kind: 'start', job: read });
});

test('one that must run again keeps its place before its equals', () => {
  const schedule = new Schedule<Named>(1);
  const [first, second] = [job('fast', 0, 'first'), job('fast', 0, 'second')];
  schedule.add(first);
  schedule.add(second);
  schedule.next(0, ready);
  schedule.again(first);
  assert.equal(schedule.first(), first);
});

test('a control takes the lane of a read, and a full pipeline gives up its slowest', () => {
  const schedule = new Schedule<Named>(2);
  const [fast, slow] = [job('fast'), job('slow')];
  for (const each of [slow, fast]) schedule.add(each);
  schedule.next(0, ready);
  schedule.next(0, ready);
  assert.deepEqual(schedule.next(0, ready), { kind: 'idle' });
  schedule.add(job('raise'));
  assert.deepEqual([fast.dropped, slow.dropped], [[], ['Preempted: preempted by a control']]);
});

test('a control with a lane free drops no read', () => {
  const schedule = new Schedule<Named>(2);
  const fast = job('fast');
  schedule.add(fast);
  schedule.next(0, ready);
  schedule.add(job('lower'));
  assert.deepEqual(fast.dropped, []);
});

test('a cut drops every raise, running or waiting, and no other cut', () => {
  const schedule = new Schedule<Named>(1);
  const jobs = [job('raise'), job('raise'), job('lower')];
  for (const each of jobs) schedule.add(each);
  schedule.next(0, ready);
  schedule.add(job('lower'));
  assert.deepEqual(
    jobs.map(({ dropped }) => dropped.length),
    [1, 1, 0],
  );
});
