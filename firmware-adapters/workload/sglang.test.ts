import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import { sglang } from './sglang.ts';

const never = new AbortController().signal;
const notice = { deadline: 0, targetW: 60 };

test('it lets go of its memory once its requests are done, and takes it again', async (t) => {
  const { open, server } = await serve(t);
  const workload = open();
  server.running = 2;
  const releasing = workload.steps[0]?.run(notice, never);
  await server.asked('POST /drain');
  assert.deepEqual(server.told, ['POST /drain']);
  server.running = 0;
  assert.equal(await releasing, 'has let go of its memory');
  assert.equal((await workload.read(never)).state, 'paused');
  await workload.resume(never);
  assert.equal((await workload.read(never)).state, 'running');
  const [release, resume] = ['POST /release_memory_occupation {}', 'POST /resume_memory_occupation {}'];
  assert.deepEqual(server.told, ['POST /drain', release, resume, 'POST /admit']);
});

test('told twice it is told once: the server would not survive that', async (t) => {
  const { open, server } = await serve(t);
  await open().steps[0]?.run(notice, never);
  // By the agent after this one.
  const workload = open();
  assert.equal(await workload.steps[0]?.run(notice, never), 'has let go already');
  await workload.resume(never);
  await workload.resume(never);
  const memory = server.told.filter((each) => each.includes('memory'));
  assert.deepEqual(memory, ['POST /release_memory_occupation {}', 'POST /resume_memory_occupation {}']);
});

test('one that is not idle in time goes on serving, with its router', async (t) => {
  const { open, server } = await serve(t);
  server.running = 1;
  const late = new AbortController();
  const workload = open();
  const releasing = assert.rejects(workload.steps[0]?.run(notice, late.signal) ?? Promise.resolve(), /the deadline/);
  await server.asked('POST /drain');
  late.abort(new Error('the deadline'));
  await releasing;
  assert.deepEqual(server.told, ['POST /drain', 'POST /admit']);
  assert.equal((await workload.read(never)).state, 'running');
});

test('after a kill in the very moment nobody knows, and a person is asked', async (t) => {
  const { open, mark, server } = await serve(t);
  await writeFile(mark, 'releasing\n');
  const workload = open();
  const asks = {
    kind: 'refused',
    message: `nobody knows whether it has its memory: see that it answers, then delete ${mark}`,
  };
  await assert.rejects(workload.read(never), asks);
  await assert.rejects(workload.resume(never), asks);
  assert.deepEqual(server.told, []);
  await rm(mark);
  assert.equal((await workload.read(never)).state, 'running');
});

test('a release that fails leaves that mark', async (t) => {
  const { open, mark, server } = await serve(t);
  server.fails = true;
  await assert.rejects(open().steps[0]?.run(notice, never) ?? Promise.resolve(), { kind: 'refused' });
  assert.equal(await readFile(mark, 'utf8'), 'releasing\n');
});

test('without the memory saver it is only watched', async (t) => {
  const { context } = await serve(t);
  const workload = sglang.open({ url: 'http://127.0.0.1:30000/metrics' }, context);
  assert.deepEqual(workload.steps, []);
  assert.deepEqual(await workload.read(never), { state: 'running', waiting: 0, running: 0 });
});

/** SGLang and its router, in memory. */
async function serve(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-sglang-'));
  t.after(() => rm(folder, { recursive: true }));
  const waiting = new Map<string, () => void>();
  const server = {
    running: 0,
    fails: false,
    told: [] as string[],
    asked: (what: string) => new Promise<void>((heard) => waiting.set(what, heard)),
  };
  const http = createServer(async (request, response) => {
    const body = await text(request);
    if (request.method === 'GET') {
      return void response.end(`sglang:num_queue_reqs 0\nsglang:num_running_reqs ${server.running}\n`);
    }
    server.told.push([request.method, request.url, body].filter((part) => part !== '').join(' '));
    waiting.get(`${request.method} ${request.url}`)?.();
    response.writeHead(server.fails && request.url?.includes('memory') ? 500 : 200).end();
  });
  const connect = async () => {
    const [near, far] = duplexPair();
    http.emit('connection', far);
    return near;
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const context = { id: 'chat', clock: systemClock, log, connect, secret: async () => '' };
  const mark = join(folder, 'mark');
  const saver = { drain_url: 'http://router/drain', admit_url: 'http://router/admit', mark, drain_s: 1 };
  const open = () => sglang.open({ url: 'http://127.0.0.1:30000/metrics', memory_saver: saver }, context);
  return { open, server, mark, context };
}
