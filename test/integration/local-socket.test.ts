import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import * as z from 'zod';
import { systemClock } from '#agent/platform/clock.ts';
import { askLocal, LocalError, localVerb, serveLocal } from '#agent/platform/local-socket.ts';
import { openLog } from '#agent/platform/log.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

const patience = { timeout: 30_000 };
const log = openLog('silent');

async function socketPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-socket-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'run', 'agent.sock');
}

async function agent(t: TestContext) {
  const path = await socketPath(t);
  const handlers = {
    double: localVerb(z.strictObject({ watts: z.number() }), ({ watts }) => ({ watts: 2 * watts })),
    locked: async () => {
      throw new LocalError('locked', 'hands are inside');
    },
    broken: () => {
      throw new Error('a bug');
    },
    huge: () => 'x'.repeat(70_000),
    never: () => new Promise(() => {}),
  };
  const server = serveLocal({ path, handlers, log });
  t.after(() => server.stop());
  await server.start();
  const ask = (verb: string, body?: unknown) => askLocal(path, verb, body, { clock: systemClock });
  return { path, server, ask };
}

/** A peer that writes bytes of its own. */
async function peer(path: string): Promise<Socket> {
  const socket = connect(path).on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

test('two who ask at once get each their own answer', patience, async (t) => {
  const { ask } = await agent(t);
  const answers = await Promise.all([ask('double', { watts: 100 }), ask('double', { watts: 3_000 })]);
  assert.deepEqual(answers, [{ watts: 200 }, { watts: 6_000 }]);
});

test('answers on one connection carry the id of their question', patience, async (t) => {
  const { path } = await agent(t);
  const socket = (await peer(path)).setEncoding('utf8');
  const frame = (id: number, verb: string) =>
    `${JSON.stringify({ type: 'ask', data: { id, verb, body: { watts: id } } })}\f`;
  socket.write(frame(7, 'never') + frame(8, 'double'));
  const [text] = await once(socket, 'data');
  assert.deepEqual(JSON.parse(String(text).slice(0, -1)), {
    type: 'answer',
    data: { id: 8, ok: true, body: { watts: 16 } },
  });
  socket.destroy();
});

test('every refusal has a code for programs and words for people', patience, async (t) => {
  const { ask } = await agent(t);
  await assert.rejects(ask('dance'), { code: 'unknown_verb', message: "this agent does not know 'dance'" });
  await assert.rejects(ask('toString'), { code: 'unknown_verb' });
  await assert.rejects(ask('double', { watts: 'many' }), { code: 'bad_request', message: /watts/ });
  await assert.rejects(ask('locked'), { code: 'locked', message: 'hands are inside' });
  await assert.rejects(ask('broken'), { code: 'failed', message: 'a bug' });
  await assert.rejects(ask('huge'), { code: 'too_large' });
  await assert.rejects(ask('double', 'x'.repeat(70_000)), { code: 'too_large', message: /what 'double' sends/ });
});

test(
  'garbage, half a frame and a frame without end cost their sender the connection and nobody else',
  patience,
  async (t) => {
    const { path, ask } = await agent(t);
    const attacks = [
      'not json\f',
      '{"type":"ask","data":{"verb":1}}\f',
      '{"type":"error"}\f',
      'x'.repeat(70_000),
      '{"type":',
    ];
    const closed = attacks.map(async (bytes) => {
      const socket = (await peer(path)).resume();
      socket.write(bytes);
      await once(socket, 'close');
    });
    const half = closed.pop();
    await Promise.all(closed);
    assert.deepEqual(await ask('double', { watts: 1 }), { watts: 2 });
    await half;
  },
);

test('an asker who leaves before the answer does no harm', patience, async (t) => {
  const { path, ask } = await agent(t);
  const socket = await peer(path);
  socket.end(`${JSON.stringify({ type: 'ask', data: { id: 1, verb: 'huge' } })}\f`);
  await once(socket.resume(), 'close');
  assert.deepEqual(await ask('double', { watts: 1 }), { watts: 2 });
});

test('the socket is open to the group of its folder and to nobody else', patience, async (t) => {
  const { path } = await agent(t);
  assert.equal((await stat(path)).mode & 0o777, 0o660);
  assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o750);
});

test('a second agent on the same socket is told that one already runs', patience, async (t) => {
  const { path, ask } = await agent(t);
  const second = serveLocal({ path, handlers: {}, log });
  await assert.rejects(second.start(), { code: 'already_running', message: `an agent already runs on ${path}` });
  await second.stop();
  assert.deepEqual(await ask('double', { watts: 1 }), { watts: 2 });
});

test('the socket that a killed agent left behind is replaced', patience, async (t) => {
  const { path, server } = await agent(t);
  await server.stop();
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  assert.equal(spawnSync(process.execPath, ['-e', script]).signal, 'SIGKILL');
  assert.ok((await stat(path)).isSocket());
  const next = serveLocal({ path, handlers: { ping: () => 'pong' }, log });
  t.after(() => next.stop());
  await next.start();
  assert.equal(await askLocal(path, 'ping', undefined, { clock: systemClock }), 'pong');
});

test('a file that is no socket is not removed', patience, async (t) => {
  const { path, server } = await agent(t);
  await server.stop();
  await writeFile(path, 'precious');
  await assert.rejects(serveLocal({ path, handlers: {}, log }).start(), { code: 'failed', message: /is not a socket/ });
});

test('without an agent the asker is told that none runs', patience, async (t) => {
  const ask = askLocal(await socketPath(t), 'status', undefined, { clock: systemClock });
  await assert.rejects(ask, { code: 'no_agent', message: /no agent runs here/ });
});

test('who may not open the socket is told which group to join', patience, async (t) => {
  const { path } = await agent(t);
  for (const folder of [join(path, '..'), join(path, '..', '..')]) await chmod(folder, 0o755);
  const script = `
    import { askLocal } from '#agent/platform/local-socket.ts';
    import { systemClock } from '#agent/platform/clock.ts';
    await askLocal(${JSON.stringify(path)}, 'status', undefined, { clock: systemClock }).catch((error) => console.log(error.message));`;
  // An owner without the right to write stands in for a stranger when the tests do not run as root.
  if (process.getuid?.() !== 0) await chmod(path, 0o060);
  const stranger = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    ...stranger,
    encoding: 'utf8',
  });
  assert.match(stdout, /permission denied on .*: add yourself to the group \w+/);
});

test('an agent that does not answer in time is given up', patience, async (t) => {
  const { path } = await agent(t);
  const clock = new VirtualClock();
  const ask = askLocal(path, 'never', undefined, { clock, timeoutMs: 10_000 });
  const refused = assert.rejects(ask, { code: 'timeout', message: "the agent did not answer 'never' within 10 s" });
  await clock.advance(10_000);
  await refused;
});
