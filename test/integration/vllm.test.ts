/** The adapter of vLLM against a server that treats requests as the real one does when it is put to sleep. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { tgi } from '#adapters/workload/engine.ts';
import { vllm } from '#adapters/workload/vllm.ts';
import type { Step } from '#adapters/workload/workload.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import { FakeVllm } from '#test/simulator/vllm.ts';

const never = new AbortController().signal;

test('a server is drained, sleeps, and wakes, and no request is lost', async (t) => {
  const { server, workload, ask } = await open(t);
  // Long enough to be seen in flight on a slow machine.
  server.requestMs = 1000;
  const early = [ask(), ask(), ask()];
  await until(async () => (await workload.read(never)).running === 3);
  const resting = sleepOf(workload.steps).run(notice, never);
  const late = [ask(), ask()];
  assert.equal(await resting, 'asleep');
  assert.deepEqual(await Promise.all(early), [200, 200, 200]);
  assert.equal((await workload.read(never)).state, 'paused');
  assert.equal(await workload.resume(never), 'awake');
  assert.deepEqual(await Promise.all(late), [200, 200]);
  assert.deepEqual([server.lost, server.served], [{ hung: 0, aborted: 0 }, 5]);
});

test('a server that drops its requests when it sleeps is not put to sleep before they are done', async (t) => {
  const { server, workload, ask } = await open(t);
  server.ignoresMode = true;
  server.requestMs = 1000;
  const asked = [ask(), ask()];
  await until(async () => (await workload.read(never)).running === 2);
  await sleepOf(workload.steps).run(notice, never);
  assert.deepEqual(await Promise.all(asked), [200, 200]);
  assert.equal(server.lost.aborted, 0);
});

test('one that is not drained in time goes on serving, with its router', async (t) => {
  const { server, workload, ask } = await open(t);
  server.requestMs = 60_000;
  void ask().catch(() => {});
  await until(async () => (await workload.read(never)).running === 1);
  const late = new AbortController();
  const resting = assert.rejects(sleepOf(workload.steps).run(notice, late.signal), { message: 'the deadline' });
  await systemClock.sleep(50);
  late.abort(new Error('the deadline'));
  await resting;
  assert.deepEqual([server.asleep, server.sleeps], [false, 0]);
  server.requestMs = 10;
  assert.equal(await ask(), 200);
});

test('without its developer mode a server offers no sleep, and is read all the same', async (t) => {
  const { server, workload } = await open(t);
  server.developer = false;
  const reading = await workload.read(never);
  assert.deepEqual(reading, { state: 'running', waiting: 0, running: 0, cacheUse: 0 });
  assert.deepEqual(workload.steps, []);
});

test('a metrics page without end is given up, and its engine is unknown rather than idle', async (t) => {
  const endless = createServer((_request, response) => {
    const line = `tgi_queue_size ${'0'.repeat(65_000)}\n`;
    const more = () => void (response.destroyed || response.write(line, more));
    more();
  });
  await new Promise<void>((listening) => endless.listen(0, '127.0.0.1', listening));
  t.after(() => {
    endless.closeAllConnections();
    endless.close();
  });
  const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}/metrics`;
  await assert.rejects(tgi.open({ url }, contextOf('tgi')).read(never), {
    kind: 'malformed',
    message: /more than 1048576/,
  });
});

const notice = { deadline: 0, targetW: 120 };

function sleepOf(steps: readonly Step[]): Step {
  const step = steps.find(({ name }) => name === 'sleep');
  assert.ok(step, 'it offers no sleep');
  return step;
}

async function open(t: TestContext) {
  const server = new FakeVllm(systemClock);
  const { url, routerUrl } = await server.listen();
  t.after(() => server.close());
  const given = { url, drain_url: `${routerUrl}/drain`, admit_url: `${routerUrl}/admit`, drain_s: 1 };
  const workload = vllm.open(given, contextOf('chat'));
  const ask = async () => (await fetch(`${routerUrl}/v1/completions`, { method: 'POST' })).status;
  return { server, workload, ask };
}

function contextOf(id: string) {
  const secret = async () => assert.fail('has no secrets');
  return { id, clock: systemClock, log: openLog('silent'), connect: connectTcp, secret };
}

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await systemClock.sleep(5);
}
