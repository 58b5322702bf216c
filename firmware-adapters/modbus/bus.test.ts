import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { Asked } from '#test/support/mbap-peer.ts';
import { busTo, honest, ownAddress, reply, silent, TIMEOUT_MS, unanswered } from '#test/support/mbap-peer.ts';
import { settle } from '#test/support/virtual-clock.ts';
import type { AdapterError } from '../errors.ts';
import { zeroCounters } from './counters.ts';

test('a read gives the words of the unit and address asked for, and when they came', async () => {
  const heard: string[] = [];
  const { bus, clock } = busTo((asked, wire) => {
    heard.push(`${asked.unit}:${asked.pdu.toString('hex')}`);
    wire.write(reply(asked.transaction, asked.unit, '0404000a0102'));
  });
  await clock.advance(250);
  assert.deepEqual(await bus.read(7, 'input', 52, 2), { values: [10, 258], mono: 250 });
  assert.deepEqual(heard, ['7:0400340002']);
});

test('400 concurrent reads each get their own value', async () => {
  const { bus, read } = busTo(honest);
  const addresses = Array.from({ length: 400 }, (_, index) => index);
  assert.deepEqual(await Promise.all(addresses.map((address) => read(address))), addresses);
  assert.deepEqual(bus.counters, { ...zeroCounters(), requests: 400, replies: 400 });
});

test('a late reply is not the next answer', async () => {
  const held: Buffer[] = [];
  const { bus, clock, read } = busTo((asked, wire) => {
    held.push(ownAddress(asked));
    if (held.length === 2) wire.write(Buffer.concat(held));
  });
  const first = assert.rejects(read(11), { kind: 'timedOut' });
  await clock.advance(TIMEOUT_MS);
  await first;
  assert.equal(await read(22), 22);
  assert.deepEqual(bus.counters, { ...zeroCounters(), requests: 2, replies: 1, timeouts: 1, lateReplies: 1 });
});

test('a duplicated reply does not answer the next request', async () => {
  const { bus, read } = busTo((asked, wire) => wire.write(Buffer.concat([ownAddress(asked), ownAddress(asked)])));
  for (let address = 0; address < 50; address++) assert.equal(await read(address), address);
  assert.deepEqual(bus.counters, { ...zeroCounters(), requests: 50, replies: 50, lateReplies: 50 });
});

const foreign: [string, (asked: Asked) => Buffer][] = [
  ['another unit', (asked) => reply(asked.transaction, asked.unit + 1, '03020007')],
  ['another function', (asked) => reply(asked.transaction, asked.unit, '04020007')],
  ['a transaction we never began', (asked) => reply(asked.transaction + 1, asked.unit, '03020007')],
];

for (const [name, answer] of foreign) {
  test(`a reply for ${name} is not believed`, async () => {
    const { bus, clock, read } = busTo((asked, wire) => wire.write(answer(asked)));
    const outcome = assert.rejects(read(5), { kind: 'timedOut', message: /unit 1 did not answer within 1000 ms/ });
    await clock.advance(TIMEOUT_MS);
    await outcome;
    assert.deepEqual(bus.counters, { ...zeroCounters(), requests: 1, timeouts: 1, foreignReplies: 1 });
  });
}

test('a reply of the wrong length is refused at once and the connection kept', async () => {
  const answers = ['030400070008', '03020007'];
  const { bus, read } = busTo((asked, wire) => wire.write(reply(asked.transaction, asked.unit, answers.shift() ?? '')));
  await assert.rejects(read(5), { kind: 'malformed' });
  assert.equal(await read(5), 7);
  assert.deepEqual(bus.counters, { ...zeroCounters(), requests: 2, replies: 1, malformed: 1 });
});

test('a peer that does not speak Modbus is hung up on', async () => {
  const { bus, wires, read } = busTo((_asked, wire) => wire.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await assert.rejects(read(5), { kind: 'malformed', message: /bus pdu-net: not a Modbus TCP header/ });
  await settle();
  assert.equal(wires[0]?.readableEnded, true);
  assert.deepEqual(bus.counters, { ...zeroCounters(), requests: 1, malformed: 1 });
});

const exceptions: [number, AdapterError['kind']][] = [
  [1, 'unsupported'],
  [2, 'unsupported'],
  [3, 'refused'],
  [4, 'refused'],
  [6, 'refused'],
  [10, 'unreachable'],
  [11, 'timedOut'],
];

for (const [code, kind] of exceptions) {
  test(`exception ${code} is ${kind}, with its code`, async () => {
    const { bus, read } = busTo((asked, wire) =>
      wire.write(reply(asked.transaction, asked.unit, `830${code.toString(16)}`)),
    );
    await assert.rejects(read(5), { name: 'AdapterError', kind, code });
    assert.deepEqual(bus.counters, { ...zeroCounters(), requests: 1, replies: 1, exceptions: 1 });
  });
}

test('every write goes out as it should and is held against its echo', async () => {
  const heard: string[] = [];
  const { bus } = busTo((asked, wire) => {
    heard.push(asked.pdu.toString('hex'));
    wire.write(reply(asked.transaction, asked.unit, asked.pdu.toString('hex', 0, 5)));
  });
  await bus.writeCoil(1, 2, true, 'raise');
  await bus.writeCoils(1, 2, [true, false, true], 'lower');
  await bus.writeRegister(1, 101, 500, 'lower');
  await bus.writeRegisters(1, 101, [1, 2], 'raise');
  assert.deepEqual(heard, ['050002ff00', '0f000200030105', '06006501f4', '100065000204' + '00010002']);
});

test('a write that the device echoes with another value has not been done', async () => {
  const { bus } = busTo((asked, wire) => wire.write(reply(asked.transaction, asked.unit, '0600650000')));
  await assert.rejects(bus.writeRegister(1, 101, 500, 'lower'), { kind: 'malformed' });
});

test('a lowering write goes before every read and aborts the one in flight', async () => {
  const heard: number[] = [];
  const { bus, read } = busTo((asked, wire) => {
    const functionCode = asked.pdu.readUInt8(0);
    heard.push(functionCode);
    if (functionCode === 5) wire.write(reply(asked.transaction, asked.unit, asked.pdu.toString('hex')));
    else if (heard.length > 1) honest(asked, wire);
  });
  const inFlight = assert.rejects(read(1), { name: 'Preempted' });
  const waiting = read(2);
  await settle();
  await bus.writeCoil(1, 0, false, 'lower');
  await inFlight;
  assert.equal(await waiting, 2);
  assert.deepEqual(heard, [3, 5, 3]);
});

test('a request that Modbus cannot say harms nothing but itself', async () => {
  const { bus, read } = busTo(honest);
  await assert.rejects(bus.read(256, 'holding', 0, 1), RangeError);
  await assert.rejects(bus.read(1, 'holding', 0, 126), RangeError);
  assert.equal(await read(5), 5);
  assert.equal(bus.counters.requests, 1);
});

test('stop settles every pending read, closes the wire and leaves no timer', async () => {
  const { bus, clock, wires, read } = busTo(silent);
  const outcomes = [1, 2, 3].map((address) =>
    assert.rejects(read(address), { kind: 'unreachable', message: /stopped/ }),
  );
  await settle();
  await bus.stop();
  await Promise.all(outcomes);
  await settle();
  assert.equal(wires[0]?.readableEnded, true);
  assert.equal(clock.pending, 0);
  await assert.rejects(read(4), { kind: 'unreachable' });
});

test('stop settles a read that still waits for its connection', async () => {
  const { bus, clock, read } = busTo(honest, unanswered);
  const outcome = assert.rejects(read(0), { kind: 'unreachable', message: /stopped/ });
  await settle();
  await bus.stop();
  await outcome;
  await settle();
  assert.equal(clock.pending, 0);
});

test('an aborted read settles at once, and its reply answers nobody', async () => {
  const asks: Asked[] = [];
  const { bus, clock, wires, read } = busTo((asked, wire) => {
    asks.push(asked);
    if (asks.length > 1) honest(asked, wire);
  });
  const abort = new AbortController();
  const outcome = assert.rejects(bus.read(1, 'holding', 11, 1, abort.signal), /the tick is over/);
  await settle();
  abort.abort(new Error('the tick is over'));
  await outcome;
  for (const asked of asks) wires[0]?.write(ownAddress(asked));
  assert.equal(await read(22), 22);
  assert.equal(bus.counters.lateReplies, 1);
  assert.equal(clock.pending, 0);
});

test('reads leave nothing behind on a signal that lives on', async () => {
  const { bus, clock } = busTo(honest);
  const { signal } = new AbortController();
  for (let address = 0; address < 20; address++) await bus.read(1, 'holding', address, 1, signal);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  assert.equal(clock.pending, 0);
});

test('a device that takes several requests at once gets them, and each reply finds its own', async () => {
  const held: Asked[] = [];
  const { bus, read, wires } = busTo(
    (asked) => {
      held.push(asked);
    },
    undefined,
    4,
  );
  const reads = [10, 11, 12, 13, 14].map((address) => read(address));
  await settle();
  assert.equal(held.length, 4, 'the fifth waits');
  for (const asked of held.splice(0).reverse()) wires[0]?.write(ownAddress(asked));
  await settle();
  for (const asked of held) wires[0]?.write(ownAddress(asked));
  assert.deepEqual(await Promise.all(reads), [10, 11, 12, 13, 14]);
  assert.equal(bus.counters.lateReplies, 0);
});

test('a connection that breaks fails all that are on their way at once', async () => {
  const { read, wires } = busTo(silent, undefined, 3);
  const outcomes = [1, 2, 3].map((address) => assert.rejects(read(address), { kind: 'unreachable' }));
  await settle();
  wires[0]?.destroy();
  await Promise.all(outcomes);
});

test('the broadcast is refused over TCP as well, where it might reach everyone behind a gateway', async () => {
  const { bus } = busTo(honest);
  await assert.rejects(bus.writeCoil(0, 1, false, 'lower'), RangeError);
  assert.equal(bus.counters.requests, 0);
});
