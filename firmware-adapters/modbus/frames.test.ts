import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reply, Request } from './frames.ts';
import { encodeRequest, parseReply } from './frames.ts';

const requests: [string, Request, string][] = [
  // The examples of the application protocol specification V1.1b3, sections 6.1 to 6.12; its addresses are zero-based.
  ['coils', { kind: 'read', table: 'coil', address: 19, count: 19 }, '0100130013'],
  ['discrete inputs', { kind: 'read', table: 'discrete', address: 196, count: 22 }, '0200c40016'],
  ['holding registers', { kind: 'read', table: 'holding', address: 107, count: 3 }, '03006b0003'],
  ['input registers', { kind: 'read', table: 'input', address: 8, count: 1 }, '0400080001'],
  ['one coil on', { kind: 'writeCoil', address: 172, on: true }, '0500acff00'],
  ['one coil off', { kind: 'writeCoil', address: 172, on: false }, '0500ac0000'],
  ['one register', { kind: 'writeRegister', address: 1, value: 3 }, '0600010003'],
  [
    'ten coils',
    { kind: 'writeCoils', address: 19, on: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0].map(Boolean) },
    '0f0013000a02cd01',
  ],
  ['two registers', { kind: 'writeRegisters', address: 1, values: [10, 0x102] }, '1000010002' + '04000a0102'],
];

for (const [name, request, bytes] of requests) {
  test(`a request for ${name} has the bytes of the specification`, () => {
    assert.equal(encodeRequest(request).toString('hex'), bytes);
  });
}

const readWords: Request = { kind: 'read', table: 'holding', address: 107, count: 3 };
const readBits: Request = { kind: 'read', table: 'coil', address: 19, count: 19 };
const writeOne: Request = { kind: 'writeRegister', address: 1, value: 3 };
const writeTwo: Request = { kind: 'writeRegisters', address: 1, values: [10, 0x102] };

const replies: [string, Request, string, Reply][] = [
  ['words', readWords, '0306022b00000064', { kind: 'done', values: [0x22b, 0, 0x64] }],
  [
    'bits, lowest first, without the spare ones',
    readBits,
    '0103cd6bfd',
    { kind: 'done', values: [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1] },
  ],
  ['the echo of one register', writeOne, '0600010003', { kind: 'done', values: [] }],
  ['the echo of two registers', writeTwo, '1000010002', { kind: 'done', values: [] }],
  ['an exception with its name', readWords, '8302', { kind: 'exception', code: 2, name: 'illegal data address' }],
  ['an exception without a name', readWords, '8363', { kind: 'exception', code: 99, name: 'exception 99' }],
  ['another function', readWords, '0406022b00000064', { kind: 'foreign' }],
  ['an exception of another function', readWords, '8402', { kind: 'foreign' }],
];

for (const [name, request, bytes, reply] of replies) {
  test(`a reply is taken for ${name}`, () => {
    assert.deepEqual(parseReply(request, Buffer.from(bytes, 'hex')), reply);
  });
}

const malformed: [string, Request, string][] = [
  ['fewer words than asked for', readWords, '0304022b0000'],
  ['more words than asked for', readWords, '0308022b000000640001'],
  ['a byte count that the reply does not hold', readWords, '0306022b0000'],
  ['bytes behind the words', readWords, '0306022b0000006400'],
  ['no byte count', readWords, '03'],
  ['an exception without a code', readWords, '83'],
  ['an exception with more than a code', readWords, '830200'],
  ['the echo of another value', writeOne, '0600010004'],
  ['the echo of another address', writeOne, '0600020003'],
  ['the echo of another count', writeTwo, '1000010001'],
  ['an echo that is too long', writeTwo, '100001000204'],
];

for (const [name, request, bytes] of malformed) {
  test(`a reply is not believed for ${name}`, () => {
    assert.equal(parseReply(request, Buffer.from(bytes, 'hex')).kind, 'malformed');
  });
}

const unsayable: [string, Request][] = [
  ['a negative address', { kind: 'read', table: 'input', address: -1, count: 1 }],
  ['an address past 65535', { kind: 'writeCoil', address: 65536, on: true }],
  ['a fraction of an address', { kind: 'read', table: 'input', address: 0.5, count: 1 }],
  ['no register', { kind: 'read', table: 'input', address: 0, count: 0 }],
  ['126 registers', { kind: 'read', table: 'input', address: 0, count: 126 }],
  ['2001 coils', { kind: 'read', table: 'coil', address: 0, count: 2001 }],
  ['a span past the last register', { kind: 'read', table: 'input', address: 65535, count: 2 }],
  ['a word over 65535', { kind: 'writeRegister', address: 0, value: 65536 }],
  ['a negative word', { kind: 'writeRegisters', address: 0, values: [-1] }],
  ['124 registers to write', { kind: 'writeRegisters', address: 0, values: Array<number>(124).fill(0) }],
  ['1969 coils to write', { kind: 'writeCoils', address: 0, on: Array<boolean>(1969).fill(true) }],
];

for (const [name, request] of unsayable) {
  test(`a request for ${name} is a mistake of the caller`, () => {
    assert.throws(() => encodeRequest(request), RangeError);
  });
}
