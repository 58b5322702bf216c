import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { zeroCounters } from './counters.ts';
import type { Frame } from './framing.ts';
import { tcpFraming } from './tcp.ts';

const FIRST = '000100000005' + '01' + '03020007';
const SECOND = '000200000003' + '05' + '8302';

function codec() {
  return tcpFraming.codec(zeroCounters());
}

function decode(...chunks: Buffer[]): Frame[] {
  const wire = codec();
  return chunks.flatMap((chunk) => [...wire.push(chunk)]);
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

test('a request carries its transaction, protocol 0, its length and its unit', () => {
  const frame = codec().encode({ transaction: 0x1234, unit: 17, pdu: bytes('0300000002') });
  assert.equal(frame.toString('hex'), '1234' + '0000' + '0006' + '11' + '0300000002');
});

test('replies are the same however the network cut them', () => {
  const whole = bytes(FIRST + SECOND);
  const frames = decode(whole);
  assert.deepEqual(frames, [
    { transaction: 1, unit: 1, pdu: bytes('03020007') },
    { transaction: 2, unit: 5, pdu: bytes('8302') },
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const chunks = edges.slice(1).map((end, index) => whole.subarray(edges[index], end));
      assert.deepEqual(decode(...chunks), frames);
    }),
  );
});

test('the longest reply that Modbus knows is one frame', () => {
  const pdu = Buffer.concat([bytes('03fa'), Buffer.alloc(251, 0x5a)]);
  assert.deepEqual(decode(codec().encode({ transaction: 9, unit: 1, pdu })), [{ transaction: 9, unit: 1, pdu }]);
});

const nonsense: [string, string][] = [
  ['another protocol', '000100010003018302'],
  ['a length without a function', '00010000000101'],
  ['a length over 254', '0001000000ff0103'],
  ['an HTTP server', Buffer.from('HTTP/1.1 400 Bad Request').toString('hex')],
];

for (const [name, hex] of nonsense) {
  test(`a stream that carries ${name} is not followed any further`, () => {
    assert.throws(() => decode(bytes(hex)), { name: 'AdapterError', kind: 'malformed' });
  });
}

test('a whole reply before the nonsense still counts', () => {
  const frames: Frame[] = [];
  assert.throws(() => {
    for (const frame of codec().push(bytes(`${FIRST}ffffffffffff`))) frames.push(frame);
  }, /not a Modbus TCP header/);
  assert.equal(frames.length, 1);
});
