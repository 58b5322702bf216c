import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { zeroCounters } from './counters.ts';
import type { Request } from './frames.ts';
import { Link } from './link.ts';
import { tcpFraming } from './tcp.ts';

const readOne: Request = { kind: 'read', table: 'input', address: 0, count: 1 };

function open() {
  const [stream, peer] = duplexPair();
  const link = new Link({
    id: 'net',
    stream,
    framing: tcpFraming,
    clock: new VirtualClock(),
    counters: zeroCounters(),
  });
  link.start();
  return { link, stream, peer };
}

test('an answered exchange no longer listens to its signal', async () => {
  const { link, peer } = open();
  const { signal } = new AbortController();
  const exchange = link.exchange(1, 1, readOne, signal);
  peer.write(Buffer.from('0001000000050104020007', 'hex'));
  assert.deepEqual(await exchange, { kind: 'done', values: [7] });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('an error of the stream fails the exchange and keeps its cause', async () => {
  const { link, stream } = open();
  const cause = new Error('read ECONNRESET');
  const exchange = link.exchange(1, 1, readOne, new AbortController().signal);
  const outcome = assert.rejects(exchange, { kind: 'unreachable', message: 'bus net: read ECONNRESET', cause });
  await settle();
  stream.destroy(cause);
  await outcome;
});

test('a broken link says why it broke first, and takes no more requests', async () => {
  const { link } = open();
  await link.stop('went silent');
  assert.equal(link.broken?.message, 'bus net: went silent');
  await assert.rejects(link.exchange(1, 1, readOne, new AbortController().signal), /went silent/);
});
