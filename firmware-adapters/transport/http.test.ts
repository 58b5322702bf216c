import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { AdapterError } from '../errors.ts';
import type { HttpRequest } from './http.ts';
import { formBody, HttpLine, jsonBody, MAX_HTTP_REPLY_BYTES } from './http.ts';

const get: HttpRequest = { method: 'GET', path: '/info', timeoutMs: 5000 };
const never = new AbortController().signal;

test('a request is plain HTTP/1.1 to the device by name, and the reply comes back whole', async () => {
  const { line, device } = open();
  const asked = line.ask(get, never);
  const wire = await device(1);
  assert.equal(wire.read(), 'GET /info HTTP/1.1\r\nHost: 10.0.1.11\r\nConnection: keep-alive\r\n\r\n');
  wire.say('HTTP/1.1 200 OK\r\nX-Build: 7\r\nContent-Length: 9\r\n\r\n{"a":"é"}'.replace('9', '10'));
  const { status, headers, text } = await asked;
  assert.deepEqual([status, headers['x-build'], text], [200, ['7'], '{"a":"é"}']);
});

test('bodies are sent as JSON or as a form, with their length', async () => {
  const { line, device } = open();
  const posts = [jsonBody({ name: 'é' }), formBody({ a: '1 2', b: '' })];
  const seen: string[] = [];
  for (const body of posts) {
    const asked = line.ask({ ...get, method: 'POST', headers: { authorization: 'T' }, body }, never);
    const wire = await device(1);
    seen.push(wire.read());
    wire.say(ok('{}'));
    await asked;
  }
  assert.match(
    seen[0] ?? '',
    /^POST \/info .*authorization: T\r\ncontent-type: application\/json\r\ncontent-length: 13\r\n.*\r\n\r\n\{"name":"é"\}$/s,
  );
  assert.match(seen[1] ?? '', /x-www-form-urlencoded.*\r\n\r\na=1\+2&b=$/s);
});

describe('the connection', () => {
  test('is kept, so that the next request is nothing but a request', async () => {
    const { line, device, connections } = open();
    for (const text of ['one', 'two', 'three']) {
      const asked = line.ask(get, never);
      (await device(1)).say(ok(text));
      assert.equal((await asked).text, text);
    }
    assert.equal(connections.length, 1);
  });

  test('that the device closed meanwhile is replaced', async () => {
    const { line, device, connections } = open();
    await served(line, device(1));
    connections[0]?.end();
    await settle();
    await served(line, device(2));
    assert.equal(connections.length, 2);
  });

  test('that closes just as a request is written is replaced, and the request sent once more', async () => {
    const { line, device, connections } = open();
    await served(line, device(1));
    const asked = line.ask(get, never);
    await settle();
    connections[0]?.destroy();
    const wire = await device(2);
    assert.match(wire.read(), /^GET \/info/);
    wire.say(ok('again'));
    assert.equal((await asked).text, 'again');
  });

  test('that closes under a request that must not be sent twice is not replaced', async () => {
    const { line, device, connections } = open();
    await served(line, device(1));
    const asked = line.ask({ ...get, once: true }, never);
    await settle();
    connections[0]?.end();
    await assert.rejects(asked, { kind: 'unreachable', code: 'closed' });
    assert.equal(connections.length, 1);
  });

  test('is not kept when the device says so', async () => {
    const { line, device, connections } = open();
    const asked = line.ask(get, never);
    (await device(1)).say('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}');
    await asked;
    await served(line, device(2));
    assert.equal(connections.length, 2);
  });

  test('is let go of at the end', async () => {
    const { line, device, connections } = open();
    await served(line, device(1));
    line.close();
    await settle();
    assert.equal(connections[0]?.destroyed, true);
  });
});

describe('a reply ends', () => {
  const ends = {
    'with its length': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody',
    'with its last chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n',
  };
  for (const [how, bytes] of Object.entries(ends)) {
    test(how, async () => {
      const { line, device } = open();
      const asked = line.ask(get, never);
      (await device(1)).say(bytes);
      assert.equal((await asked).text, 'body');
    });
  }

  test('with the connection, as of HTTP/1.0', async () => {
    const { line, device } = open();
    const asked = line.ask(get, never);
    const wire = await device(1);
    wire.say('HTTP/1.0 200 OK\r\n\r\nbo');
    await settle();
    wire.say('dy');
    wire.end();
    assert.equal((await asked).text, 'body');
  });
});

describe('the error says what is wrong when the device', () => {
  test('closes without a word', async () => {
    const { line, device } = open();
    const asked = line.ask(get, never);
    (await device(1)).end();
    await assert.rejects(asked, {
      kind: 'unreachable',
      code: 'closed',
      message: '10.0.1.11:80 closed the connection without a reply',
    });
  });

  test('closes in the middle of its reply', async () => {
    const { line, device } = open();
    const asked = line.ask(get, never);
    const wire = await device(1);
    wire.say('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"half":');
    await settle();
    wire.end();
    await assert.rejects(asked, { kind: 'unreachable', message: /in the middle of its reply/ });
  });

  test('does not speak HTTP', async () => {
    const { line, device } = open();
    const asked = line.ask(get, never);
    (await device(1)).say('{"STATUS":"E"}\0');
    await assert.rejects(asked, { kind: 'malformed', message: /10\.0\.1\.11:80 did not answer in HTTP/ });
  });

  test('never stops talking', async () => {
    const { line, device, connections } = open();
    const asked = assert.rejects(line.ask(get, never), { kind: 'malformed', message: /more than 1048576 bytes/ });
    const wire = await device(1);
    wire.say('HTTP/1.1 200 OK\r\n\r\n');
    const lump = 'x'.repeat(65_536);
    for (let said = 0; said <= MAX_HTTP_REPLY_BYTES && !connections[0]?.destroyed; said += lump.length) {
      wire.say(lump);
      await settle();
    }
    await asked;
    await settle();
    assert.equal(connections[0]?.destroyed, true);
  });

  test('takes the request and says nothing', async () => {
    const { line, device, clock } = open();
    const asked = assert.rejects(line.ask(get, never), { kind: 'timedOut', message: /did not reply within 5000 ms/ });
    await device(1);
    await clock.advance(5000);
    await asked;
  });

  test('says the half of it and then nothing', async () => {
    const { line, device, clock } = open();
    const asked = assert.rejects(line.ask(get, never), { kind: 'timedOut' });
    (await device(1)).say('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{');
    await clock.advance(5000);
    await asked;
  });

  test('is not there', async () => {
    const refused = new AdapterError('unreachable', '10.0.1.11:80 is not on the network (EHOSTUNREACH)');
    const line = new HttpLine({ ...peer, clock: new VirtualClock(), connect: () => Promise.reject(refused) });
    await assert.rejects(line.ask(get, never), refused);
  });

  test('does not take the connection', async () => {
    const clock = new VirtualClock();
    const connect = (_host: string, _port: number, signal: AbortSignal) =>
      new Promise<Duplex>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const line = new HttpLine({ ...peer, clock, connect });
    const asked = assert.rejects(line.ask(get, never), { kind: 'unreachable', message: /did not connect within/ });
    await clock.advance(5000);
    await asked;
  });
});

test('an aborted request ends with the caller’s reason, and the next one has a connection of its own', async () => {
  const { line, device, connections } = open();
  const abort = new AbortController();
  const why = new Error('a cut goes first');
  const asked = assert.rejects(line.ask(get, abort.signal), why);
  await device(1);
  abort.abort(why);
  await asked;
  await served(line, device(2));
  assert.deepEqual([connections[0]?.destroyed, connections.length], [true, 2]);
  await assert.rejects(line.ask(get, AbortSignal.abort(why)), why);
});

const peer = { host: '10.0.1.11', port: 80 };

function ok(text: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

async function served(line: HttpLine, wire: ReturnType<ReturnType<typeof open>['device']>): Promise<void> {
  const asked = line.ask(get, never);
  (await wire).say(ok('{}'));
  await asked;
}

/** `device(n)` is the far end of the nth connection, once the request has come. */
function open() {
  const clock = new VirtualClock();
  const connections: Duplex[] = [];
  const connect = async () => {
    const [ours, theirs] = duplexPair();
    ours.once('close', () => theirs.destroy());
    theirs.once('close', () => ours.destroy());
    connections.push(theirs);
    return ours;
  };
  const line = new HttpLine({ ...peer, clock, connect });
  const device = async (nth: number) => {
    await settle();
    const stream = connections[nth - 1];
    assert.ok(stream, `connection ${nth} stands`);
    return {
      read: () => String(stream.read()),
      say: (text: string) => stream.write(text),
      end: () => stream.end(),
    };
  };
  return { clock, line, device, connections };
}
