import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { AdapterError } from '../errors.ts';
import { ModbusBus } from './bus.ts';
import { tcpFraming } from './tcp.ts';

const timeoutMs = 1000;
const never = new AbortController().signal;

/** A request as it came over the wire. */
type Asked = { transaction: number; unit: number; pdu: Buffer };
type Peer = (asked: Asked, wire: Duplex) => void;

function rig(peer: Peer, connected: (signal: AbortSignal) => Promise<void> = async () => {}, pipeline = 1) {
  const clock = new VirtualClock();
  const wires: Duplex[] = [];
  const connect = async (signal: AbortSignal) => {
    await connected(signal);
    const [ours, theirs] = duplexPair();
    wires.push(theirs);
    theirs.on('error', () => {});
    theirs.on('data', (bytes: Buffer) => {
      for (const asked of requestsIn(bytes)) peer(asked, theirs);
    });
    return ours;
  };
  const warnings: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: (_: object, message: string) => warnings.push(message) };
  const bus = new ModbusBus({ id: 'pdu-net', connect, framing: tcpFraming, clock, log, timeoutMs, pipeline });
  return { bus, clock, wires, warnings, read: (address: number, unit = 1) => readOne(bus, unit, address) };
}

async function readOne(bus: ModbusBus, unit: number, address: number): Promise<number | undefined> {
  const { values } = await bus.read(unit, 'holding', address, 1, never);
  return values[0];
}

function* requestsIn(bytes: Buffer): Iterable<Asked> {
  for (let at = 0; at < bytes.length; at += 6 + bytes.readUInt16BE(at + 4)) {
    const end = at + 6 + bytes.readUInt16BE(at + 4);
    yield { transaction: bytes.readUInt16BE(at), unit: bytes.readUInt8(at + 6), pdu: bytes.subarray(at + 7, end) };
  }
}

function reply(transaction: number, unit: number, pdu: string): Buffer {
  const header = Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, pdu.length / 2 + 1, unit]);
  return Buffer.concat([header, Buffer.from(pdu, 'hex')]);
}

/** Answers a read of one register with that register's own address. */
function ownAddress(asked: Asked): Buffer {
  return reply(asked.transaction, asked.unit, `0302${asked.pdu.toString('hex', 1, 3)}`);
}

const honest: Peer = (asked, wire) => wire.write(ownAddress(asked));
const silent: Peer = () => {};

/** A host that drops every packet. */
function unanswered(signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

test('a read gives the words of the unit and address asked for, and when they came', async () => {
  const heard: string[] = [];
  const { bus, clock } = rig((asked, wire) => {
    heard.push(`${asked.unit}:${asked.pdu.toString('hex')}`);
    wire.write(reply(asked.transaction, asked.unit, '0404000a0102'));
  });
  await clock.advance(250);
  assert.deepEqual(await bus.read(7, 'input', 52, 2, never), { values: [10, 258], mono: 250 });
  assert.deepEqual(heard, ['7:0400340002']);
});

test('400 concurrent reads each get their own value', async () => {
  const { bus, read } = rig(honest);
  const addresses = Array.from({ length: 400 }, (_, index) => index);
  assert.deepEqual(await Promise.all(addresses.map((address) => read(address))), addresses);
  assert.deepEqual(bus.counters, { ...quietCounters, requests: 400, replies: 400 });
});

test('a late reply is not the next answer', async () => {
  const held: Buffer[] = [];
  const { bus, clock, read } = rig((asked, wire) => {
    held.push(ownAddress(asked));
    if (held.length === 2) wire.write(Buffer.concat(held));
  });
  const first = assert.rejects(read(11), { kind: 'timedOut' });
  await clock.advance(timeoutMs);
  await first;
  assert.equal(await read(22), 22);
  assert.deepEqual(bus.counters, { ...quietCounters, requests: 2, replies: 1, timeouts: 1, lateReplies: 1 });
});

test('a duplicated reply does not answer the next request', async () => {
  const { bus, read } = rig((asked, wire) => wire.write(Buffer.concat([ownAddress(asked), ownAddress(asked)])));
  for (let address = 0; address < 50; address++) assert.equal(await read(address), address);
  assert.deepEqual(bus.counters, { ...quietCounters, requests: 50, replies: 50, lateReplies: 50 });
});

const foreign: [string, (asked: Asked) => Buffer][] = [
  ['another unit', (asked) => reply(asked.transaction, asked.unit + 1, '03020007')],
  ['another function', (asked) => reply(asked.transaction, asked.unit, '04020007')],
  ['a transaction we never began', (asked) => reply(asked.transaction + 1, asked.unit, '03020007')],
];

for (const [name, answer] of foreign) {
  test(`a reply for ${name} is not believed`, async () => {
    const { bus, clock, read } = rig((asked, wire) => wire.write(answer(asked)));
    const outcome = assert.rejects(read(5), { kind: 'timedOut', message: /unit 1 did not answer within 1000 ms/ });
    await clock.advance(timeoutMs);
    await outcome;
    assert.deepEqual(bus.counters, { ...quietCounters, requests: 1, timeouts: 1, foreignReplies: 1 });
  });
}

test('a reply of the wrong length is refused at once and the connection kept', async () => {
  const answers = ['030400070008', '03020007'];
  const { bus, read } = rig((asked, wire) => wire.write(reply(asked.transaction, asked.unit, answers.shift() ?? '')));
  await assert.rejects(read(5), { kind: 'malformed' });
  assert.equal(await read(5), 7);
  assert.deepEqual(bus.counters, { ...quietCounters, requests: 2, replies: 1, malformed: 1 });
});

test('a peer that does not speak Modbus is hung up on', async () => {
  const { bus, wires, read } = rig((_asked, wire) => wire.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await assert.rejects(read(5), { kind: 'malformed', message: /bus pdu-net: not a Modbus TCP header/ });
  await settle();
  assert.equal(wires[0]?.readableEnded, true);
  assert.deepEqual(bus.counters, { ...quietCounters, requests: 1, malformed: 1 });
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
    const { bus, read } = rig((asked, wire) =>
      wire.write(reply(asked.transaction, asked.unit, `830${code.toString(16)}`)),
    );
    await assert.rejects(read(5), { name: 'AdapterError', kind, code });
    assert.deepEqual(bus.counters, { ...quietCounters, requests: 1, replies: 1, exceptions: 1 });
  });
}

test('every write goes out as it should and is held against its echo', async () => {
  const heard: string[] = [];
  const { bus } = rig((asked, wire) => {
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
  const { bus } = rig((asked, wire) => wire.write(reply(asked.transaction, asked.unit, '0600650000')));
  await assert.rejects(bus.writeRegister(1, 101, 500, 'lower'), { kind: 'malformed' });
});

test('a lowering write goes before every read and aborts the one in flight', async () => {
  const heard: number[] = [];
  const { bus, read } = rig((asked, wire) => {
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
  const { bus, read } = rig(honest);
  await assert.rejects(bus.read(256, 'holding', 0, 1, never), RangeError);
  await assert.rejects(bus.read(1, 'holding', 0, 126, never), RangeError);
  assert.equal(await read(5), 5);
  assert.equal(bus.counters.requests, 1);
});

test('stop settles every pending read, closes the wire and leaves no timer', async () => {
  const { bus, clock, wires, read } = rig(silent);
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
  const { bus, clock, read } = rig(honest, unanswered);
  const outcome = assert.rejects(read(0), { kind: 'unreachable', message: /stopped/ });
  await settle();
  await bus.stop();
  await outcome;
  await settle();
  assert.equal(clock.pending, 0);
});

test('an aborted read settles at once, and its reply answers nobody', async () => {
  const asks: Asked[] = [];
  const { bus, clock, wires, read } = rig((asked, wire) => {
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
  const { bus, clock } = rig(honest);
  const { signal } = new AbortController();
  for (let address = 0; address < 20; address++) await bus.read(1, 'holding', address, 1, signal);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  assert.equal(clock.pending, 0);
});

test('a connection that breaks fails its read, and the next read opens another', async () => {
  let asked = 0;
  const { bus, clock, read, wires } = rig((request, wire) => {
    asked += 1;
    if (asked === 2) wire.destroy();
    else honest(request, wire);
  });
  assert.equal(await read(1), 1);
  await assert.rejects(read(2), { kind: 'unreachable', message: /bus pdu-net: the device closed the connection/ });
  assert.equal(await read(3), 3);
  assert.equal(wires.length, 2);
  assert.equal(bus.counters.reconnects, 1);
  assert.equal(clock.pending, 0);
});

test('reads leave a dead gateway alone for growing pauses, a control tries at once', async () => {
  let attempts = 0;
  const refused = new AdapterError('unreachable', 'the gateway refused the connection');
  const { bus, clock, read } = rig(honest, async () => {
    attempts += 1;
    throw refused;
  });
  const attemptsAfter = async (ms: number) => {
    await clock.advance(ms);
    await assert.rejects(read(1), { kind: 'unreachable' });
    return attempts;
  };
  assert.deepEqual([await attemptsAfter(0), await attemptsAfter(499), await attemptsAfter(1)], [1, 1, 2]);
  assert.deepEqual([await attemptsAfter(999), await attemptsAfter(1)], [2, 3]);
  await assert.rejects(read(1), { kind: 'unreachable', cause: refused });
  await assert.rejects(bus.writeCoil(1, 0, false, 'lower'), refused);
  assert.equal(attempts, 4);
  for (let day = 0; day < 5; day++) await attemptsAfter(10_000);
  assert.equal(attempts, 9, 'never more than ten seconds apart');
});

test('a dead gateway is worth one warning, an attempt that was called off none', async () => {
  const dead = rig(honest, () => Promise.reject(new AdapterError('unreachable', 'nobody there')));
  for (let attempt = 0; attempt < 3; attempt++) {
    await assert.rejects(dead.read(1), { kind: 'unreachable' });
    await dead.clock.advance(10_000);
  }
  assert.deepEqual(dead.warnings, ['bus cannot connect']);
  const slow = rig(honest, unanswered);
  const abort = new AbortController();
  const calledOff = assert.rejects(slow.bus.read(1, 'holding', 0, 1, abort.signal));
  await settle();
  abort.abort();
  await calledOff;
  await settle();
  assert.deepEqual(slow.warnings, []);
});

test('a gateway that hangs up on every request is left alone between attempts', async () => {
  const { clock, read, wires } = rig((_asked, wire) => wire.destroy());
  await assert.rejects(read(1), { kind: 'unreachable' });
  await assert.rejects(read(1), { kind: 'unreachable', message: /next attempt in 500 ms/ });
  await clock.advance(500);
  await assert.rejects(read(1), { kind: 'unreachable', message: /closed the connection/ });
  assert.equal(wires.length, 2);
});

test('a connection attempt that hangs is given up', async () => {
  const { clock, read } = rig(honest, unanswered);
  const outcome = assert.rejects(read(1), { kind: 'unreachable' });
  await clock.advance(timeoutMs);
  await outcome;
});

test('a half-open connection is replaced after three time-outs in silence', async () => {
  let deaf = true;
  const { clock, read, wires } = rig((asked, wire) => {
    if (!deaf) honest(asked, wire);
  });
  for (let attempt = 0; attempt < 3; attempt++) {
    const outcome = assert.rejects(read(1), { kind: 'timedOut' });
    await clock.advance(timeoutMs);
    await outcome;
  }
  assert.equal(wires.length, 1);
  deaf = false;
  assert.equal(await read(2), 2);
  assert.equal(wires.length, 2);
});

test('a unit that never answers does not cost the others their connection', async () => {
  const { clock, read, wires } = rig((asked, wire) => {
    if (asked.unit !== 9) honest(asked, wire);
  });
  for (let attempt = 0; attempt < 3; attempt++) {
    const outcome = assert.rejects(read(1, 9), { kind: 'timedOut' });
    await clock.advance(timeoutMs);
    await outcome;
    assert.equal(await read(attempt), attempt);
  }
  await assert.rejects(read(1, 9), { kind: 'unreachable', message: /unit 9 is silent, it is asked again in 20000 ms/ });
  assert.equal(wires.length, 1);
});

test('an offline unit is probed now and then, and read again as soon as it answers', async () => {
  let dead = true;
  const { bus, clock, read } = rig((asked, wire) => {
    if (!dead || asked.unit !== 9) honest(asked, wire);
  });
  for (let second = 0; second < 60; second++) {
    const outcome = read(1, 9).then(String, (error: AdapterError) => error.kind);
    await clock.advance(timeoutMs);
    assert.match(await outcome, second < 3 ? /timedOut/ : /timedOut|unreachable/);
    assert.equal(await read(second), second);
  }
  assert.equal(bus.health.unitsOffline, 1);
  assert.equal(bus.counters.timeouts, 3 + 2, 'a probe after 20 s and after 40');
  dead = false;
  await clock.advance(20_000);
  assert.equal(await read(7, 9), 7);
  assert.deepEqual([bus.recoveriesOf(9), bus.health.unitsOffline], [2, 0], 'once it was connected, once it came back');
});

test('a cut is tried even on a unit that is offline', async () => {
  const { bus, clock, read } = rig((asked, wire) => {
    if (asked.pdu[0] === 5) wire.write(reply(asked.transaction, asked.unit, asked.pdu.toString('hex')));
    else if (asked.unit !== 9) honest(asked, wire);
  });
  for (let miss = 0; miss < 3; miss++) {
    const outcome = assert.rejects(read(1, 9), { kind: 'timedOut' });
    await clock.advance(timeoutMs);
    await outcome;
    await read(1);
  }
  await assert.rejects(read(1, 9), { kind: 'unreachable' });
  await bus.writeCoil(9, 1, false, 'lower');
  assert.equal(await read(2, 1), 2);
});

test('a gateway that says that its unit is silent is as good as that silence', async () => {
  const { bus, clock, read } = rig((asked, wire) => wire.write(reply(asked.transaction, asked.unit, '830b')));
  for (let second = 0; second < 3; second++) {
    await clock.advance(1000);
    await assert.rejects(read(1, 9), { kind: 'timedOut', code: 11 });
  }
  await assert.rejects(read(1, 9), { kind: 'unreachable', message: /unit 9 is silent/ });
  assert.equal(bus.counters.timeouts, 0);
});

test('a device that takes several requests at once gets them, and each reply finds its own', async () => {
  const held: Asked[] = [];
  const { bus, read, wires } = rig(
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
  const { read, wires } = rig(silent, undefined, 3);
  const outcomes = [1, 2, 3].map((address) => assert.rejects(read(address), { kind: 'unreachable' }));
  await settle();
  wires[0]?.destroy();
  await Promise.all(outcomes);
});

test('the broadcast is refused over TCP as well, where it might reach everyone behind a gateway', async () => {
  const { bus } = rig(honest);
  await assert.rejects(bus.writeCoil(0, 1, false, 'lower'), RangeError);
  assert.equal(bus.counters.requests, 0);
});

test('start opens the wire ahead of the first request, and a dead one does not throw', async () => {
  const { bus, wires } = rig(honest);
  bus.start();
  await settle();
  assert.equal(wires.length, 1);
  const dead = rig(honest, () => Promise.reject(new AdapterError('unreachable', 'nobody there')));
  dead.bus.start();
  await settle();
  await assert.rejects(dead.read(1), { kind: 'unreachable' });
});

const quietCounters = {
  requests: 0,
  replies: 0,
  timeouts: 0,
  lateReplies: 0,
  foreignReplies: 0,
  crcErrors: 0,
  malformed: 0,
  exceptions: 0,
  reconnects: 0,
};
