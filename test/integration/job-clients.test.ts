/** Jobs as they are on a site: a Python trainer, and a command that knows nothing of Ballast. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import { Inbox } from '#test/support/inbox.ts';
import { cli } from './support/cli.ts';
import { openJobSocket, TOKEN, until } from './support/job-socket.ts';
import { needs } from './support/needs.ts';

const root = resolve(import.meta.dirname, '../..');
const python = needs('python3', 'python3');
const never = new AbortController().signal;
const inAMinute = () => ({ deadline: systemClock.wall() + 60_000, targetW: 120 });

test('a trainer saves, rests, and goes on with the step at which it rested', python, async (t) => {
  const { path, desk } = await openJobSocket(t);
  const trainer = train(t, path, ['--steps', '100', '--power-w', '500']);
  await until(() => desk.jobs('train').some(({ hints }) => hints.length === 1));
  const [job] = desk.jobs('train');
  assert.equal(job?.checkpointS, 5);
  assert.equal(await job?.pause(inAMinute(), never), 'ready');
  const { rests_at } = await trainer.said('rests_at');
  assert.equal(JSON.parse(readFileSync(trainer.checkpoint, 'utf8')).step, rests_at);
  job?.resume();
  assert.equal((await trainer.said('runs_at')).runs_at, rests_at);
  assert.equal((await trainer.said('done')).done, 100);
  assert.equal(await trainer.exit, 0);
});

test('a trainer that rests while the agent is exchanged rests on, and the next agent wakes it', python, async (t) => {
  const socket = await openJobSocket(t);
  const trainer = train(t, socket.path, ['--steps', '50']);
  await until(() => socket.desk.jobs('train').length === 1);
  await socket.desk.jobs('train')[0]?.pause(inAMinute(), never);
  await trainer.said('rests_at');
  const next = await socket.restart();
  await until(() => next.jobs('train').length === 1);
  assert.equal(next.jobs('train')[0]?.state, 'paused');
  next.jobs('train')[0]?.resume();
  assert.equal((await trainer.said('done')).done, 50);
});

test('without an agent, and with a token that is wrong, a trainer trains', python, async (t) => {
  const alone = train(t, '/nowhere/ballast.sock', ['--steps', '3']);
  assert.equal((await alone.said('done')).done, 3);
  const { path } = await openJobSocket(t);
  const stranger = train(t, path, ['--steps', '3'], 'wrong');
  assert.equal((await stranger.said('done')).done, 3);
});

test('a command that knows nothing of it is frozen, goes on, and ends with its own code', async (t) => {
  const { path, desk } = await openJobSocket(t);
  const wrapped = run(t, path, [], 'for i in $(seq 40); do echo $i; sleep 0.05; done; exit 7');
  await until(() => desk.jobs('train').length === 1);
  const [job] = desk.jobs('train');
  assert.equal(await job?.pause(inAMinute(), never), 'ready');
  const quiet = wrapped.lines.all.length;
  await systemClock.sleep(500);
  assert.ok(wrapped.lines.all.length <= quiet + 1, 'it went on while it was frozen');
  job?.resume();
  assert.equal(await wrapped.exit, 7);
  assert.equal(wrapped.lines.all.filter((line) => /^\d+$/.test(line)).length, 40);
});

test('a command that saves on a signal is given its time before it is frozen', async (t) => {
  const { path, desk } = await openJobSocket(t);
  const script = 'trap "echo saved" USR1; echo up; for i in $(seq 200); do sleep 0.05; done';
  const wrapped = run(t, path, ['--on-notice', 'SIGUSR1', '--grace', '1s'], script);
  await wrapped.lines.first((line) => line === 'up');
  await until(() => desk.jobs('train').length === 1);
  const [job] = desk.jobs('train');
  assert.equal(job?.checkpointS, 1);
  const resting = job?.pause(inAMinute(), never);
  await wrapped.lines.first((line) => line === 'saved');
  assert.equal(await resting, 'ready');
  job?.resume();
  wrapped.child.kill('SIGTERM');
  assert.notEqual(await wrapped.exit, 0);
});

test('a command of a workload that is not known runs, and says that it gives way to nobody yet', async (t) => {
  const { path } = await openJobSocket(t);
  const wrapped = run(t, path, ['--workload', 'night'], 'exec sleep 60');
  await wrapped.errors.first((line) => line.startsWith('no workload night waits for jobs here: the command runs on'));
});

test('a command that is not there is one sentence', async (t) => {
  const wrapped = run(t, '/nowhere/ballast.sock', [], 'true', '/no/such/command');
  assert.equal(await wrapped.errors.first(), 'error: /no/such/command cannot be started: there is no such command');
  assert.equal(await wrapped.exit, 1);
});

function train(t: TestContext, socket: string, more: string[], token = TOKEN) {
  const folder = folderOf(t, token);
  const checkpoint = join(folder, 'checkpoint.json');
  const args = [
    '--socket',
    socket,
    '--workload',
    'train',
    '--token-file',
    join(folder, 'token'),
    '--checkpoint',
    checkpoint,
    '--step-s',
    '0.02',
  ];
  const script = join(root, 'protocol/clients/python/train_example.py');
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const { child, lines, exit } = started(
    t,
    spawn('python3', [script, ...args, ...more], { env, stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const said = async (key: string): Promise<Record<string, number>> =>
    JSON.parse(await lines.first((line) => line.includes(key)));
  return { child, checkpoint, exit, said };
}

function run(t: TestContext, socket: string, options: string[], script: string, program = '/bin/sh') {
  const folder = folderOf(t, TOKEN);
  const given = ['run', '--socket', socket, '--workload', 'train', '--token-file', join(folder, 'token'), ...options];
  return started(
    t,
    spawn(process.execPath, [cli, ...given, '--', program, '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

function started(t: TestContext, child: ChildProcess) {
  const [lines, errors] = [new Inbox<string>(), new Inbox<string>()];
  if (child.stdout) createInterface({ input: child.stdout }).on('line', lines.push);
  if (child.stderr) createInterface({ input: child.stderr }).on('line', errors.push);
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  t.after(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  return { child, lines, errors, exit };
}

function folderOf(t: TestContext, token: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-job-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'token'), `${token}\n`);
  return folder;
}
