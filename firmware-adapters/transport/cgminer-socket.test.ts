import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { AdapterError } from '../errors.ts';
import { askCgminer, MAX_REPLY_BYTES } from './cgminer-socket.ts';

describe('a reply ends', () => {
  test('at its NUL, although the miner leaves the socket open and sends more', async () => {
    const { asked, peer } = ask();
    (await peer).write('{"STATUS":"S"}\0{"late":1}');
    assert.equal(await asked, '{"STATUS":"S"}');
  });

  test('when the miner closes, also in the middle of an object', async () => {
    const { asked, peer } = ask();
    (await peer).end('{"STATUS":"S","Msg":');
    assert.equal(await asked, '{"STATUS":"S","Msg":');
  });

  test('with a whole object, although neither NUL nor close follow', async () => {
    const { asked, peer } = ask();
    const miner = await peer;
    miner.write('{"STATUS":"S","Msg":{}\n');
    await settle();
    miner.write('}\n');
    assert.equal(await asked, '{"STATUS":"S","Msg":{}\n}\n');
  });

  test('with characters whole that two packets share', async () => {
    const { asked, peer } = ask();
    const miner = await peer;
    const bytes = Buffer.from('{"Msg":"45 °C"}\0');
    const middle = bytes.indexOf(0xb0);
    miner.write(bytes.subarray(0, middle));
    await settle();
    miner.write(bytes.subarray(middle));
    assert.equal(await asked, '{"Msg":"45 °C"}');
  });
});

test('the request is one JSON object, and the connection is let go after the reply', async () => {
  const { asked, near, peer } = ask();
  const miner = await peer;
  await settle();
  assert.equal(String(miner.read()), '{"command":"summary"}');
  miner.write('{}\0');
  await asked;
  assert.ok((await near).destroyed);
});

test('a miner that closes without a word is unreachable, with a code of its own', async () => {
  const { asked, peer } = ask();
  (await peer).end();
  await assert.rejects(asked, {
    kind: 'unreachable',
    code: 'closed',
    message: /10\.0\.1\.11:4028 closed .* without a reply/,
  });
});

test('a connection that breaks is unreachable, with the cause in words', async () => {
  const { asked, near } = ask();
  (await near).destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  await assert.rejects(asked, {
    kind: 'unreachable',
    message: /10\.0\.1\.11:4028 broke the connection \(ECONNRESET\)/,
  });
});

test('a connection that broke as soon as it stood is unreachable at once', async () => {
  const clock = new VirtualClock();
  const connect = async () => {
    const [ours] = duplexPair();
    ours.on('error', () => {});
    ours.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    await settle();
    return ours;
  };
  const peer = { host: '10.0.1.11', port: 4028, connect, clock };
  await assert.rejects(askCgminer(peer, { command: 'summary' }, 5_000, new AbortController().signal), {
    kind: 'unreachable',
    message: /10\.0\.1\.11:4028 broke the connection \(ECONNRESET\)/,
  });
});

test('a reply that stays incomplete is timed out, not malformed', async () => {
  const { asked, peer, clock } = ask();
  (await peer).write('{"STATUS":');
  const outcome = assert.rejects(asked, { kind: 'timedOut', message: /did not reply within 5000 ms/ });
  await clock.advance(5_000);
  await outcome;
});

test('a connection that never comes about is unreachable, not timed out', async () => {
  const clock = new VirtualClock();
  const connect = (_host: string, _port: number, signal: AbortSignal) =>
    new Promise<Duplex>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const peer = { host: '10.0.1.11', port: 4028, connect, clock };
  const asked = askCgminer(peer, { command: 'summary' }, 5_000, new AbortController().signal);
  const outcome = assert.rejects(asked, { kind: 'unreachable', message: /did not connect within 5000 ms/ });
  await clock.advance(5_000);
  await outcome;
});

test('an aborted request ends at once with the reason, and lets the connection go', async () => {
  const abort = new AbortController();
  const { asked, near } = ask(abort.signal);
  const stream = await near;
  const reason = new Error('a cut is due');
  abort.abort(reason);
  await assert.rejects(asked, (error) => error === reason);
  assert.ok(stream.destroyed);
});

test('a reply without end is refused at its first byte too many', async () => {
  const { asked, peer } = ask();
  const miner = await peer;
  const outcome = assert.rejects(asked, (error) => error instanceof AdapterError && error.kind === 'malformed');
  miner.write(Buffer.alloc(MAX_REPLY_BYTES, 'x'));
  await settle();
  miner.write('x');
  await outcome;
});

/** One request for `summary`; `peer` is the miner's end of the connection, `near` ours. */
function ask(signal = new AbortController().signal) {
  const clock = new VirtualClock();
  const near = Promise.withResolvers<Duplex>();
  const peer = Promise.withResolvers<Duplex>();
  const connect = async () => {
    const [ours, theirs] = duplexPair();
    near.resolve(ours);
    peer.resolve(theirs);
    return ours;
  };
  const asked = askCgminer({ host: '10.0.1.11', port: 4028, connect, clock }, { command: 'summary' }, 5_000, signal);
  return { asked, clock, near: near.promise, peer: peer.promise };
}
