/** Jobs on the agent's socket: told before they must rest, each its own, and nobody else. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import type { LocalSession } from '#agent/platform/local-session.ts';
import { openLocalSession } from '#agent/platform/local-session.ts';
import type { JobNotice } from '#protocol/jobs.ts';
import { epochMs } from '#protocol/time.ts';
import { Inbox } from '#test/support/inbox.ts';
import type { JobSocket } from './support/job-socket.ts';
import { openJobSocket, TOKEN, until } from './support/job-socket.ts';

const never = new AbortController().signal;
const inAnHour = () => ({ deadline: systemClock.wall() + 3_600_000, targetW: 120 });

test('a job is told, says that it is ready before it must, and is told to go on', async (t) => {
  const socket = await openJobSocket(t);
  const { session, heard } = await job(t, socket, { notice_s: 5, checkpoint_s: 20 });
  const [own] = socket.desk.jobs('train');
  const resting = own?.pause(inAnHour(), never);
  const notice = await heard.next();
  assert.deepEqual([notice.action, notice.target_w], ['pause', 120]);
  assert.equal(epochMs(notice.deadline) - epochMs(notice.not_before), 15_000);
  await session.ask('ack', { notice: notice.id });
  assert.equal(own?.state, 'running');
  await session.ask('ready', { notice: notice.id });
  assert.deepEqual([await resting, own?.state], ['ready', 'paused']);
  own?.resume();
  assert.equal((await heard.next()).action, 'resume');
});

test('a job gets more time when it asks, and never more than the order leaves', async (t) => {
  const socket = await openJobSocket(t);
  const { session, heard } = await job(t, socket, { checkpoint_s: 10 });
  const until = inAnHour();
  void socket.desk.jobs('train')[0]?.pause(until, never);
  const { id, deadline } = await heard.next();
  const more = (await session.ask('extend', { notice: id, by_s: 60 })) as { deadline: string };
  assert.equal(epochMs(more.deadline) - epochMs(deadline), 60_000);
  for (let i = 0; i < 3; i++) await session.ask('extend', { notice: id, by_s: 3600 });
  const most = (await session.ask('extend', { notice: id, by_s: 3600 })) as { deadline: string };
  assert.equal(epochMs(most.deadline), Math.floor(until.deadline));
});

test('a job that goes away in the middle of its notice keeps nobody waiting', async (t) => {
  const socket = await openJobSocket(t);
  const { session, heard } = await job(t, socket);
  const resting = socket.desk.jobs('train')[0]?.pause(inAnHour(), never);
  await heard.next();
  session.close();
  assert.equal(await resting, 'gone');
  assert.deepEqual(socket.desk.jobs('train'), []);
});

test('who would rather look finds the notices in a file, and finds it whole', async (t) => {
  const socket = await openJobSocket(t);
  const { session } = await job(t, socket);
  const [own] = socket.desk.jobs('train');
  void own?.pause(inAnHour(), never);
  await until(async () => (await socket.notices()).length === 1);
  const [told] = await socket.notices();
  assert.deepEqual([told?.workload, told?.job, told?.action], ['train', 'train-1', 'pause']);
  await session.ask('ready', { notice: told?.id ?? '' });
  own?.resume();
  await until(async () => (await socket.notices()).length === 0);
});

test('a forecast is kept in spans of the agent’s own clock', async (t) => {
  const socket = await openJobSocket(t);
  const { session } = await job(t, socket);
  const before = systemClock.monotonic();
  await session.ask('hint', { spans: [{ in_s: 60, for_s: 30, power_w: 2400 }] });
  const [hint] = socket.desk.jobs('train')[0]?.hints ?? [];
  assert.ok(hint && hint.fromMono >= before + 60_000 && hint.fromMono <= systemClock.monotonic() + 60_000);
  assert.deepEqual([Math.round(hint.untilMono - hint.fromMono), hint.powerW], [30_000, 2400]);
});

test('nobody is let in without the token, without a workload, or with another’s processes', async (t) => {
  const { path, desk } = await openJobSocket(t);
  desk.admit('theirs', { token: TOKEN, uid: 4711 });
  const refused = async (change: object) => {
    const session = await open(t, path);
    return await session.ask('register', { workload: 'train', token: TOKEN, ...change }).catch(({ code }) => code);
  };
  assert.equal(await refused({ token: 'nachtigall' }), 'wrong_token');
  assert.equal(await refused({ token: `${TOKEN}!` }), 'wrong_token');
  assert.equal(await refused({ workload: 'chat' }), 'unknown_workload');
  assert.equal(await refused({ nice: true }), 'bad_request');
  assert.equal(await refused({ pids: [0] }), 'bad_request');
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) assert.equal(await refused({ pids: [1 << 22] }), 'foreign_process');
  if (!isRoot) assert.equal(await refused({ workload: 'theirs' }), 'wrong_user');
  assert.deepEqual(desk.jobs('train'), []);
});

test('another user’s job is not let in where one is named', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async (t) => {
  const { path, desk } = await openJobSocket(t);
  desk.admit('theirs', { token: TOKEN, uid: 4711 });
  assert.equal(await registersAs(4711, path), 'true');
  assert.equal(await registersAs(4712, path), 'wrong_user');
});

test('what is said out of turn is refused, and the connection stands', async (t) => {
  const { path } = await openJobSocket(t);
  const session = await open(t, path);
  await assert.rejects(session.ask('ready', { notice: 'train-1-1' }), { code: 'not_registered' });
  await session.ask('register', { workload: 'train', token: TOKEN });
  await assert.rejects(session.ask('register', { workload: 'train', token: TOKEN }), { code: 'registered' });
  await assert.rejects(session.ask('ready', { notice: 'train-1-1' }), { code: 'no_notice' });
  await assert.rejects(session.ask('stop', {}), { code: 'unknown_verb' });
});

test('an oversize frame ends its connection and no other', async (t) => {
  const socket = await openJobSocket(t);
  const { session } = await job(t, socket);
  const rude = connect(socket.path).on('error', () => {});
  await once(rude, 'connect');
  // Its reset is an end too.
  const closed = new Promise((resolve) => rude.once('close', resolve));
  rude.write(`{"type":"ask","data":{"id":1,"verb":"register","body":"${'x'.repeat(200_000)}`);
  await closed;
  await session.ask('hint', { spans: [] });
});

test('1,000 jobs are registered, 200 are told at once, and each gets its own', async (t) => {
  const socket = await openJobSocket(t);
  const jobs: Awaited<ReturnType<typeof job>>[] = [];
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 50; i++) jobs.push(...(await Promise.all(Array.from({ length: 20 }, () => job(t, socket)))));
  const desk = socket.desk.jobs('train');
  assert.equal(desk.length, 1000);
  const told = desk.slice(300, 500);
  const resting = told.map((each) => each.pause(inAnHour(), never));
  const byId = new Map(jobs.map((each) => [each.id, each]));
  for (const { id, notice } of told) {
    const own = byId.get(id);
    const heard = await own?.heard.first(() => true);
    assert.equal(heard?.id, notice?.id);
    assert.match(heard?.id ?? '', new RegExp(`^${id}-`));
    await own?.session.ask('ready', { notice: heard?.id ?? '' });
  }
  assert.deepEqual(new Set(await Promise.all(resting)), new Set(['ready']));
  assert.equal(jobs.filter(({ heard }) => heard.all.length > 0).length, 200);
  // Both ends of every connection are in this process: a job costs the agent less than half of this.
  const perJob = (process.memoryUsage().heapUsed - before) / 1000;
  assert.ok(perJob < 100_000, `${Math.round(perJob)} bytes a job`);
});

async function job(t: TestContext, { path }: JobSocket, change: object = {}) {
  const heard = new Inbox<JobNotice>();
  const session = await open(t, path, (notice) => heard.push(notice));
  const { job: id } = (await session.ask('register', { workload: 'train', token: TOKEN, ...change })) as {
    job: string;
  };
  return { id, session, heard };
}

async function open(
  t: TestContext,
  path: string,
  heard: (notice: JobNotice) => void = () => {},
): Promise<LocalSession> {
  const session = await openLocalSession(path, systemClock, (_event, data) => heard(data as JobNotice));
  t.after(() => session.close());
  return session;
}

/** A process of that user, which tells whether it was let in. */
async function registersAs(uid: number, path: string): Promise<string> {
  const frame = JSON.stringify({
    type: 'ask',
    data: { id: 1, verb: 'register', body: { workload: 'theirs', token: TOKEN } },
  });
  const child = spawn('python3', ['-c', PEER, path, String(uid), frame], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
  await once(child, 'exit');
  const { data } = JSON.parse(String(said).slice(0, -1)) as { data: { ok: boolean; code?: string } };
  return data.code ?? String(data.ok);
}

/** The kernel keeps who connected, so the user is changed before. */
const PEER = `
import os, socket, sys
path, uid, frame = sys.argv[1:]
folder = os.path.dirname(path)
os.chmod(os.path.dirname(folder), 0o755)
os.chmod(folder, 0o755)
os.chmod(path, 0o666)
os.setuid(int(uid))
s = socket.socket(socket.AF_UNIX)
s.connect(path)
s.sendall(frame.encode() + b"\\f")
sys.stdout.write(s.recv(65536).decode())
`;
