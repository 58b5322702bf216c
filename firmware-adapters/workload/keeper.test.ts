import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import type { Device } from '../contract.ts';
import { Keeper } from './keeper.ts';
import { withWorkloads } from './resting-gpu.ts';
import type { Step, Workload, WorkloadReading } from './workload.ts';

test('asked for by each of its GPUs, a workload gives way once and comes back once', async () => {
  const { keeper, done } = open();
  await Promise.all([keeper.rest(soon), keeper.rest(soon), keeper.rest(soon)]);
  assert.equal(keeper.rests, true);
  await Promise.all([keeper.work(), keeper.work()]);
  assert.equal(keeper.rests, false);
  assert.deepEqual(done, ['sleep', 'resume']);
});

test('a step that fails is followed by the next harder one, and none that is gentler', async () => {
  const { keeper, done, fail } = open();
  fail.add('checkpoint');
  assert.equal(await keeper.rest({ ...soon, by: { job: 'checkpoint' } }), 'freeze: done');
  assert.deepEqual(done, ['freeze']);
});

test('a job that never answers has until the deadline, then the harder step follows', async () => {
  const { keeper, done, hang, clock } = open();
  hang.add('sleep').add('checkpoint');
  const resting = keeper.rest({ deadline: clock.wall() + 10_000 });
  await clock.advance(10_000);
  assert.deepEqual(done, []);
  // The second had no time left but the least there is.
  await clock.advance(1000);
  assert.equal(await resting, 'freeze: done');
});

test('a workload that gives way in no way says why, and goes on', async () => {
  const { keeper, fail } = open();
  for (const name of ['sleep', 'checkpoint', 'freeze']) fail.add(name);
  await assert.rejects(keeper.rest(soon), { message: 'freeze failed' });
  assert.equal(keeper.rests, false);
});

test('told to work in the middle of giving way, it does not end at rest', async () => {
  const { keeper, done, hang } = open();
  hang.add('sleep');
  const resting = assert.rejects(keeper.rest(soon), { name: 'AbortError' });
  await settle();
  await keeper.work();
  await resting;
  assert.deepEqual([keeper.rests, done], [false, ['resume']]);
});

test('one that has ended rests while we hold it, and one that comes in the meantime is told', async () => {
  const { keeper, done, job } = open();
  job.state = 'stopped';
  assert.equal(await keeper.rest(soon), 'nothing of it runs');
  assert.equal(keeper.rests, true);
  job.state = 'running';
  await keeper.read(never);
  assert.equal(keeper.rests, false);
  await keeper.rest(soon);
  assert.deepEqual(done, ['sleep']);
});

test('a GPU is capped before its work ends, and sleeps when its work does', async () => {
  const { keeper, done } = open();
  const calls: string[] = [];
  const gpu = withWorkloads(cappable(calls), [keeper], 60);
  assert.equal('asleep' in (await gpu.read()), false);
  await keeper.read(never);
  assert.equal((await gpu.read()).asleep, false);
  assert.equal(gpu.controls.sleep?.residualW, 60);
  await gpu.controls.sleep?.run();
  assert.deepEqual([calls, done], [['cap 100'], ['sleep']]);
  assert.equal((await gpu.read()).asleep, true);
  await gpu.controls.wake?.run();
  assert.equal((await gpu.read()).asleep, false);
});

test('a GPU is woken for whoever has its bay, and for nobody while all are away', async () => {
  const [one, other] = [open(), open()];
  const gpu = withWorkloads(cappable([]), [one.keeper, other.keeper], 60);
  other.keeper.onStage = false;
  await Promise.all([one.keeper.rest(soon), other.keeper.rest(soon)]);
  assert.equal((await gpu.read()).asleep, true);
  await gpu.controls.wake?.run();
  assert.deepEqual([one.done, other.done], [['sleep', 'resume'], ['sleep']]);
  assert.equal((await gpu.read()).asleep, false);
  one.keeper.onStage = false;
  await one.keeper.rest(soon);
  assert.equal((await gpu.read()).asleep, false);
  await gpu.controls.sleep?.run();
  assert.equal((await gpu.read()).asleep, true);
});

test('a GPU whose work cannot give way is only capped', async () => {
  const { keeper, job } = open();
  job.steps = [];
  const gpu = withWorkloads(cappable([]), [keeper], 60);
  assert.deepEqual(Object.keys(gpu.controls), ['limit']);
});

const never = new AbortController().signal;
const soon = { deadline: 0 };

function cappable(calls: string[]): Device {
  const range = { min: 100, max: 300, step: 1, unit: 'watts' as const };
  const capability = { settle_ms: 50, restarts: false, persistent: false, min_interval_s: 0, range };
  return {
    start: () => {},
    stop: async () => {},
    identify: async () => ({ make: 'NVIDIA' }),
    read: async () => ({ asleep: false, faults: [], repairs: 0 }),
    controls: {
      limit: {
        capability,
        run: async (watts) => {
          calls.push(`cap ${watts}`);
          return { said: 'ok', settleMs: 50 };
        },
      },
    },
  };
}

/** A job with three steps, which fail or hang where told. */
function open() {
  const clock = new VirtualClock();
  const done: string[] = [];
  const [fail, hang] = [new Set<string>(), new Set<string>()];
  const job: { state: WorkloadReading['state']; steps: Step[] } = { state: 'running', steps: [] };
  job.steps = (['freeze', 'sleep', 'checkpoint'] as const).map((name) => ({
    name,
    takesS: 1,
    lostS: 1,
    run: async (_notice, signal) => {
      if (fail.has(name)) throw new Error(`${name} failed`);
      if (hang.has(name))
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      done.push(name);
      job.state = 'paused';
      return 'done';
    },
  }));
  const workload: Workload = {
    start: () => {},
    stop: async () => {},
    read: async () => ({ state: job.state }),
    get steps() {
      return job.steps;
    },
    resume: async () => {
      done.push('resume');
      job.state = 'running';
      return 'resumed';
    },
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  return { keeper: new Keeper({ id: 'job', workload, clock, log, restW: 60 }), clock, done, fail, hang, job };
}
