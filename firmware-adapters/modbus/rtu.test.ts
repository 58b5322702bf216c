import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { zeroCounters } from './counters.ts';
import { rtuFraming, rtuOverTcpFraming, rtuTimeoutMs } from './rtu.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Two registers from 0x006b of unit 17, their CRCs worked out bit by bit, apart from the code. */
const readTwo = { transaction: 7, unit: 0x11, pdu: hex('03 006b 0002') };
const REPLY = '11 03 04 0001 0002 3b f3';
const twoWords = { transaction: 7, unit: 0x11, pdu: hex('03 04 0001 0002') };

function asked(request = readTwo) {
  const counters = zeroCounters();
  const codec = rtuFraming(19_200).codec(counters);
  codec.encode(request);
  return { counters, hear: (text: string) => [...codec.push(hex(text))], codec };
}

test('a request is unit, PDU and CRC, low byte first', () => {
  const codec = rtuFraming(9600).codec(zeroCounters());
  const bytes = (unit: number, pdu: string) => codec.encode({ transaction: 1, unit, pdu: hex(pdu) }).toString('hex');
  assert.equal(bytes(0x11, '03 006b 0003'), '1103006b00037687');
  assert.equal(bytes(1, '03 0000 000a'), '01030000000ac5cd');
});

test('nothing is broadcast, and no reserved unit is asked', () => {
  const codec = rtuFraming(9600).codec(zeroCounters());
  for (const unit of [0, 248, 255]) {
    assert.throws(() => codec.encode({ ...readTwo, unit }), {
      name: 'RangeError',
      message: `unit ${unit}, not 1 to 247`,
    });
  }
});

test('a reply is the same however the line cut it', () => {
  const whole = hex(REPLY);
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 5 }), (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const { codec, counters } = asked();
      const frames = edges.slice(1).flatMap((end, index) => [...codec.push(whole.subarray(edges[index], end))]);
      assert.deepEqual(frames, [twoWords]);
      assert.deepEqual(counters, zeroCounters());
    }),
  );
});

for (const noise of ['00', 'ff', '11', '11 03', '11 03 04', '11 03 04 00', '11 83', '11 11 11']) {
  test(`the noise ${noise} before a reply does not lose the reply`, () => {
    const { hear, counters } = asked();
    assert.deepEqual(hear(`${noise} ${REPLY}`), [twoWords]);
    assert.equal(counters.crcErrors, 1);
  });
}

const unbelieved: [string, string][] = [
  ['for another unit', '12 03 04 0001 0002 08 f3'],
  ['to another function', '11 04 04 0001 0002 3a 44'],
  ['of another length', '11 03 02 0001 b8 47'],
  ['with a flipped bit', '11 03 04 0001 0003 3b f3'],
  ['that is cut', '11 03 04 0001 0002 3b'],
];

for (const [name, text] of unbelieved) {
  test(`a reply ${name} is not believed`, () => {
    const { hear, codec, counters } = asked();
    assert.deepEqual(hear(text), []);
    codec.encode(readTwo);
    assert.equal(counters.crcErrors + counters.foreignReplies, 1);
  });
}

test('a whole frame of others is told from damage', () => {
  const { hear, codec, counters } = asked();
  hear('12 03 04 0001 0002 08 f3');
  codec.encode(readTwo);
  assert.deepEqual([counters.foreignReplies, counters.crcErrors], [1, 0]);
});

test('what was heard before a request does not answer it', () => {
  const { hear, codec } = asked();
  hear(REPLY.slice(0, -6));
  codec.encode({ ...readTwo, transaction: 8 });
  assert.deepEqual(hear(REPLY.slice(-6)), []);
  assert.deepEqual(hear(REPLY), [{ ...twoWords, transaction: 8 }]);
});

test('a second copy of a reply still bears the transaction of the first', () => {
  assert.deepEqual(asked().hear(`${REPLY} ${REPLY}`), [twoWords, twoWords]);
});

test('an exception answers, whatever length was asked for', () => {
  assert.deepEqual(asked().hear('11 83 02 c1 34'), [{ ...twoWords, pdu: hex('83 02') }]);
});

test('a write is answered by its own echo and by no other', () => {
  const write = { transaction: 9, unit: 0x11, pdu: hex('05 0003 ff00') };
  assert.deepEqual(asked(write).hear('11 05 0003 0000 3f 5a'), []);
  assert.deepEqual(asked(write).hear('11 05 0003 ff00 7e aa'), [write]);
});

test('an adapter that echoes our own words does not answer a read, even where they have the form of a reply', () => {
  // 24 coils from 0x0300 announce three bytes of data in just the place where the address begins.
  const coils = { transaction: 3, unit: 0x11, pdu: hex('01 0300 0018') };
  const { codec } = asked(coils);
  const echo = codec.encode(coils);
  assert.deepEqual([...codec.push(echo)], []);
});

test('a line that never falls silent is followed, not collected', () => {
  const { codec, counters } = asked();
  for (let chunk = 0; chunk < 100; chunk++) assert.deepEqual([...codec.push(Buffer.alloc(64, 0x55))], []);
  assert.deepEqual([...codec.push(hex(REPLY))], [twoWords]);
  assert.ok(counters.crcErrors > 90);
});

test('whatever a line carries, only what fits the request is believed', () => {
  const any = fc.array(fc.constantFrom('11', '03', '04', '83', '00', '01', '02', '3b', 'f3'), { maxLength: 40 });
  fc.assert(
    fc.property(any, (bytes) => {
      for (const { unit, pdu } of asked().hear(bytes.join(''))) {
        assert.equal(unit, 0x11);
        assert.ok(pdu[0] === 0x83 ? pdu.length === 2 : pdu.length === 6 && pdu[1] === 4, pdu.toString('hex'));
      }
    }),
  );
});

test('the silence between frames is 3.5 characters, and 1.75 ms on fast lines', () => {
  assert.deepEqual(
    [9600, 19_200, 38_400, 115_200].map((baud) => rtuFraming(baud).turns?.gapMs.toFixed(2)),
    ['4.01', '2.01', '1.75', '1.75'],
  );
  assert.equal(rtuOverTcpFraming(9600).turns?.gapMs, 10);
});

test('a slow line is given the time that its longest reply takes', () => {
  assert.deepEqual([2400, 9600, 115_200].map(rtuTimeoutMs), [1710, 803, 526]);
});
