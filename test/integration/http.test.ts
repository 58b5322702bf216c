/** The HTTP of the adapters on real sockets: what streams in memory cannot show. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { HttpRequest } from '#adapters/transport/http.ts';
import { HttpLine } from '#adapters/transport/http.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { systemClock } from '#agent/platform/clock.ts';

const get: HttpRequest = { method: 'GET', path: '/', timeoutMs: 20_000 };
const never = new AbortController().signal;

test('many requests go over one connection', async (t) => {
  const { line, connections } = await serve(t, (_request, response) => response.end('here'));
  for (let nth = 0; nth < 30; nth++) assert.equal((await line.ask(get, never)).text, 'here');
  assert.equal(connections(), 1);
});

test('a connection that the device closes while nobody uses it is replaced', async (t) => {
  const { line, server, connections } = await serve(t, (_request, response) => response.end('here'));
  await line.ask(get, never);
  server.closeAllConnections();
  assert.equal((await line.ask(get, never)).text, 'here');
  assert.equal(connections(), 2);
});

test('a device that goes away in the middle of a reply is named', async (t) => {
  const { line } = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 99 });
    response.write('{"half":', () => response.destroy());
  });
  await assert.rejects(line.ask(get, never), { kind: 'unreachable', message: /in the middle of its reply/ });
});

test('an aborted request lets go of its connection', async (t) => {
  const asked = Promise.withResolvers<void>();
  const { line, server } = await serve(t, () => asked.resolve());
  const abort = new AbortController();
  const rejected = assert.rejects(line.ask(get, abort.signal), { message: 'a cut' });
  await asked.promise;
  abort.abort(new Error('a cut'));
  await rejected;
  server.close();
  await once(server, 'close');
});

/** A web server, and the adapters' line to it. */
async function serve(t: TestContext, answer: RequestListener) {
  const server: Server = createServer(answer);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const line = new HttpLine({ host: '127.0.0.1', port, connect: connectTcp, clock: systemClock });
  t.after(() => {
    line.close();
    server.closeAllConnections();
    server.close();
  });
  return { line, server, connections: () => connections };
}
