import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { CudaCheckpoint } from './cuda-checkpoint.ts';

const never = new AbortController().signal;

test('a process is locked before its memory is taken, and unlocked after it has it back', async (t) => {
  const { cuda, ran } = await open(t);
  assert.equal(await cuda.take(41, 3000.4, never), 'its GPU memory is in the host');
  assert.equal(await cuda.rests(41, never), true);
  await cuda.giveBack(41, never);
  assert.equal(await cuda.rests(41, never), false);
  assert.deepEqual(ran, ['lock --timeout 3000', 'checkpoint', 'restore', 'unlock']);
});

test('twice is once, both ways', async (t) => {
  const { cuda, ran } = await open(t);
  for (let i = 0; i < 2; i++) await cuda.take(41, 1000, never);
  for (let i = 0; i < 2; i++) await cuda.giveBack(41, never);
  assert.deepEqual(ran, ['lock --timeout 1000', 'checkpoint', 'restore', 'unlock']);
});

test('an agent that was killed between lock and checkpoint goes on from there, either way', async (t) => {
  const forth = await open(t, { state: 'locked' });
  await forth.cuda.take(41, 1000, never);
  const back = await open(t, { state: 'locked' });
  assert.equal(await back.cuda.rests(41, never), true);
  await back.cuda.giveBack(41, never);
  assert.deepEqual([forth.ran, back.ran], [['checkpoint'], ['unlock']]);
});

test('one whose memory cannot be taken is unlocked again: it would compute no more', async (t) => {
  const { cuda, ran } = await open(t, { fails: 'checkpoint' });
  await assert.rejects(cuda.take(41, 1000, never), { message: 'checkpoint failed' });
  assert.deepEqual(ran, ['lock --timeout 1000', 'checkpoint', 'unlock']);
});

test('what does not fit into the host is not begun', async (t) => {
  const { cuda, ran } = await open(t, { spareKib: 60 * 1024 ** 2 });
  await assert.rejects(cuda.take(41, 1000, never), {
    kind: 'refused',
    message: '80 GiB do not fit into the host: 60.0 GiB to spare',
  });
  assert.deepEqual(ran, []);
});

test('a state that nobody knows is malformed', async (t) => {
  const { cuda } = await open(t, { state: 'No such process' });
  await assert.rejects(cuda.rests(41, never), { kind: 'malformed', message: /"No such process" is no state/ });
});

/** The tool as NVIDIA documents it, for one process. */
async function open(t: TestContext, { state = 'running', fails = '', spareKib = 128 * 1024 ** 2 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-cuda-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'meminfo'), `MemTotal:  1 kB\nMemAvailable:   ${spareKib} kB\n`);
  const ran: string[] = [];
  const after: Record<string, string> = {
    lock: 'locked',
    checkpoint: 'checkpointed',
    restore: 'locked',
    unlock: 'running',
  };
  let is = state;
  const run = async ([, verb, ...rest]: readonly string[]) => {
    if (verb === '--get-state') return `${is}\n`;
    const [action = '', , pid, ...more] = rest;
    assert.equal(pid, '41');
    ran.push([action, ...more].join(' '));
    if (action === fails) throw new Error(`${action} failed`);
    is = after[action] ?? is;
    return '';
  };
  const given = { program: '/usr/bin/cuda-checkpoint', memory_gib: 80, takes_s: 30 };
  return { cuda: new CudaCheckpoint(given, run, join(folder, 'meminfo')), ran };
}
