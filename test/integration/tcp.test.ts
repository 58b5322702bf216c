import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connectTcp } from '#adapters/transport/tcp.ts';

const never = new AbortController().signal;

test('a connection carries bytes both ways', async (t) => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const stream = await connectTcp('127.0.0.1', portOf(server), never);
  stream.end('echo');
  const [chunk] = await once(stream, 'data');
  assert.equal(String(chunk), 'echo');
});

test('a port where nothing listens is unreachable, named with its cause in plain words', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  await assert.rejects(connectTcp('127.0.0.1', port, never), {
    kind: 'unreachable',
    message: `127.0.0.1:${port} refused the connection: nothing listens on this port (ECONNREFUSED)`,
  });
});

test('an attempt ends with the reason of its abort, before it began or on its way, and leaves no connection', {
  timeout: 10_000,
}, async () => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reason = new Error('a cut is due');
  await assert.rejects(connectTcp('127.0.0.1', portOf(server), AbortSignal.abort(reason)), reason);
  const abort = new AbortController();
  const attempt = connectTcp('127.0.0.1', portOf(server), abort.signal);
  abort.abort(reason);
  await assert.rejects(attempt, reason);
  // Connections are accepted in order, and the server closes only once nobody is connected.
  (await connectTcp('127.0.0.1', portOf(server), never)).destroy();
  server.close();
  await once(server, 'close');
});

function portOf(server: ReturnType<typeof createServer>): number {
  return (server.address() as AddressInfo).port;
}
