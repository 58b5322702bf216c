/** The adapter of containers against a server that answers as Docker's API does, on a Unix socket. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { container } from '#adapters/workload/container.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';

const never = new AbortController().signal;
const notice = { deadline: 0, targetW: 60 };

test('a container is paused and unpaused, and says how it is', async (t) => {
  const { workload, asked } = await open(t);
  assert.deepEqual(await workload.read(never), { state: 'running' });
  await workload.steps[0]?.run(notice, never);
  assert.deepEqual(await workload.read(never), { state: 'paused' });
  assert.equal(await workload.resume(never), 'unpause');
  assert.equal(await workload.resume(never), 'is running');
  assert.deepEqual(
    asked.filter((each) => !each.endsWith('/json')),
    ['POST /containers/train/pause', 'POST /containers/train/unpause'],
  );
});

test('a container is stopped with its grace, and started again', async (t) => {
  const { workload, asked } = await open(t, { stop: { grace_s: 10, loses_s: 900 } });
  assert.deepEqual(
    workload.steps.map(({ name, lostS }) => [name, lostS]),
    [
      ['freeze', 0],
      ['stop', 900],
    ],
  );
  await workload.steps[1]?.run(notice, never);
  assert.deepEqual(await workload.read(never), { state: 'stopped' });
  assert.equal(await workload.resume(never), 'start');
  assert.ok(asked.includes('POST /containers/train/stop?t=10'));
});

test('one that is not there, and a Docker that does not run, say so', async (t) => {
  const { workload } = await open(t, { container: 'other' });
  await assert.rejects(workload.read(never), { kind: 'refused', code: 404 });
  const { workload: alone } = await open(t, { docker: '/nowhere/docker.sock' });
  await assert.rejects(alone.read(never), { kind: 'unreachable' });
});

async function open(t: TestContext, change: object = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-docker-'));
  const docker = join(folder, 'docker.sock');
  const State = { Running: true, Paused: false };
  const asked: string[] = [];
  const server = createServer(({ method, url = '' }, response) => {
    asked.push(`${method} ${url}`);
    const verb = /^\/containers\/train\/(\w+)/.exec(url)?.[1];
    if (verb === undefined) return void response.writeHead(404).end('{"message":"No such container"}');
    if (verb === 'json') return void response.end(JSON.stringify({ State }));
    if (verb === 'pause' || verb === 'unpause') State.Paused = verb === 'pause';
    else State.Running = verb === 'start';
    response.writeHead(204).end();
  });
  await new Promise<void>((listening) => server.listen(docker, listening));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const unused = async () => assert.fail('of no use to it');
  const context = { id: 'train', clock: systemClock, log: openLog('silent'), connect: unused, secret: unused };
  return { workload: container.open({ container: 'train', docker, ...change }, context), asked };
}
