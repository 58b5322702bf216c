import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import type { MeterOptions } from './meter.ts';
import { createRack } from './rack.ts';

/** A connected client that collects whatever comes. */
async function setUp(meter: MeterOptions = {}) {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'm01' }, { id: 'm02' }], otherLoadsW: 150, meter });
  const stream = await rack.connect('10.0.0.5', 502);
  let received: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  /** Sends hex, lets the time of one reply pass and returns what came, in hex. */
  const exchange = async (request: string) => {
    received = Buffer.alloc(0);
    stream.write(Buffer.from(request.replaceAll(' ', ''), 'hex'));
    await clock.advance(rack.meter.spec.replyMs);
    return received.toString('hex');
  };
  const readFloat = async (address: number) => {
    const reply = Buffer.from(await exchange(`0001 0000 0006 01 04 ${hex(address)} 0002`), 'hex');
    assert.equal(reply.length, 13, `register ${address}: ${reply.toString('hex')}`);
    return reply.readFloatBE(9);
  };
  return { clock, rack, stream, exchange, readFloat };
}

const hex = (register: number) => register.toString(16).padStart(4, '0');

test('the total power register holds the sum of all that draws, bit for bit', async () => {
  const { exchange } = await setUp();
  // 6750 W as a big-endian float is 45 D2 F0 00.
  assert.equal(await exchange('1234 0000 0006 01 04 0034 0002'), '1234000000070104' + '04' + '45d2f000');
});

test('the phases share the power, and volts, amps and power factor agree with it', async () => {
  const { readFloat } = await setUp();
  const near = async (address: number, expected: number) => {
    const value = await readFloat(address);
    assert.ok(Math.abs(value - expected) <= 1e-4 * Math.abs(expected), `${hex(address)}: ${value}, not ${expected}`);
  };
  for (const phase of [0, 2, 4]) {
    await near(0x0000 + phase, 240);
    await near(0x0006 + phase, 6750 / 3 / 0.99 / 240);
    await near(0x000c + phase, 2250);
    await near(0x001e + phase, 0.99);
    await near(0x00c8 + phase, 240 * Math.sqrt(3));
  }
  await near(0x0030, 6750 / 0.99 / 240);
  await near(0x0038, 6750 / 0.99);
  await near(0x003c, Math.sqrt((6750 / 0.99) ** 2 - 6750 ** 2));
  await near(0x003e, 0.99);
  await near(0x0046, 60);
});

test('the counter of imported energy runs with the power', async () => {
  const { clock, readFloat } = await setUp({ importKwh: 100, replyMs: 0 });
  assert.equal(await readFloat(0x0048), 100);
  await clock.advance(3_600_000);
  assert.equal(await readFloat(0x0048), 106.75);
  assert.equal(await readFloat(0x0156), 106.75);
  assert.equal(await readFloat(0x004a), 0);
});

test('the meter follows the miners and the grid', async () => {
  const { clock, rack, readFloat } = await setUp();
  rack.miner('m01').powerOff();
  rack.otherLoads.moveTo(250);
  rack.feed.frequencyHz.moveTo(59.5, 2000);
  await clock.advance(1000);
  assert.ok(Math.abs((await readFloat(0x0046)) - 59.75) < 0.01);
  await clock.advance(9000);
  assert.equal(await readFloat(0x0034), Math.fround(rack.watts()));
  assert.equal(Math.round(await readFloat(0x0034)), 3300 + 20 + 250);
  assert.equal(await readFloat(0x0046), 59.5);
});

test('a meter with a refresh period shows the power of its last refresh', async () => {
  const { clock, rack, readFloat } = await setUp({ refreshMs: 1000, replyMs: 0 });
  await clock.advance(1400);
  rack.otherLoads.moveTo(1150);
  await clock.advance(500);
  assert.equal(await readFloat(0x0034), 6750);
  await clock.advance(100);
  assert.equal(await readFloat(0x0034), 7750);
});

test('eighty registers are served at once, eighty-one not', async () => {
  const { exchange } = await setUp();
  const reply = Buffer.from(await exchange('0002 0000 0006 01 04 0000 0050'), 'hex');
  assert.equal(reply.length, 9 + 160);
  assert.equal(reply.readFloatBE(9 + 2 * 0x34), 6750);
  assert.equal(await exchange('0003 0000 0006 01 04 0000 0051'), '000300000003018403');
  assert.equal(await exchange('0003 0000 0006 01 04 0000 0000'), '000300000003018403');
});

test('addresses beyond the blocks, halves of values and other functions are refused', async () => {
  const { exchange } = await setUp();
  assert.equal(await exchange('0004 0000 0006 01 04 1000 0002'), '000400000003018402');
  assert.equal(await exchange('0004 0000 0006 01 04 0050 0004'), '000400000003018402', 'runs out of its block');
  assert.equal(await exchange('0004 0000 0006 01 04 0035 0002'), '000400000003018402', 'starts within a value');
  assert.equal(await exchange('0004 0000 0006 01 04 0034 0001'), '000400000003018402', 'ends within a value');
  assert.equal(await exchange('0004 0000 0006 01 03 0000 0002'), '000400000003018301');
});

test('another unit gets silence, or the exception of a gateway', async () => {
  const quiet = await setUp();
  assert.equal(await quiet.exchange('0005 0000 0006 02 04 0034 0002'), '');
  const gateway = await setUp({ otherUnits: 'exception' });
  assert.equal(await gateway.exchange('0005 0000 0006 02 04 0034 0002'), '00050000000302840b');
});

test('requests may come in pieces or many at once', async () => {
  const { clock, exchange, stream } = await setUp();
  stream.write(Buffer.from('0006000000', 'hex'));
  await clock.advance(100);
  assert.equal(await exchange('06 01 04 0034 0002'), '0006000000070104' + '04' + '45d2f000');
  const both = await exchange('0007 0000 0006 01 04 0034 0002 0008 0000 0006 01 04 0046 0002');
  assert.equal(both, '000700000007010404' + '45d2f000' + '000800000007010404' + '42700000');
});

test('bytes that are not Modbus TCP end the connection', async () => {
  const { stream, exchange } = await setUp();
  assert.equal(await ended(stream, () => exchange('0001 0001 0006 01 04 0034 0002')), true);
});

test('a frozen meter repeats itself and a broken one has no numbers', async () => {
  const { rack, readFloat } = await setUp();
  await readFloat(0x0034);
  rack.meter.faults.frozen = true;
  rack.otherLoads.moveTo(5000);
  assert.equal(await readFloat(0x0034), 6750);
  rack.meter.faults.frozen = false;
  assert.equal(await readFloat(0x0034), 11_600);
  rack.meter.faults.nan = true;
  assert.ok(Number.isNaN(await readFloat(0x0034)));
});

test('a reply may come late, twice, or again after the next request', async () => {
  const { clock, rack, exchange } = await setUp();
  const { faults } = rack.meter;
  const first = '000100000007010404' + '45d2f000';
  const second = '000200000007010404' + '42700000';
  faults.duplicatesReplies = true;
  assert.equal(await exchange('0001 0000 0006 01 04 0034 0002'), first + first);
  faults.duplicatesReplies = false;
  faults.repeatsPreviousReply = true;
  assert.equal(await exchange('0002 0000 0006 01 04 0046 0002'), first + second);
  faults.repeatsPreviousReply = false;
  faults.answersAfterMs = 1500;
  assert.equal(await exchange('0001 0000 0006 01 04 0034 0002'), '');
  faults.answersAfterMs = undefined;
  assert.equal(await exchange('0002 0000 0006 01 04 0046 0002'), second);
  faults.exception = 4;
  await clock.advance(1300);
  assert.equal(await exchange('0003 0000 0006 01 04 0046 0002'), '000300000003018404');
});

test('a meter can fall silent, hang up or refuse connections', async () => {
  const { clock, rack, exchange, stream } = await setUp();
  rack.meter.faults.silent = true;
  assert.equal(await exchange('0001 0000 0006 01 04 0034 0002'), '');
  await clock.advance(60_000);
  rack.meter.faults.silent = false;
  rack.meter.faults.closesWithoutReply = true;
  assert.equal(await ended(stream, () => exchange('0001 0000 0006 01 04 0034 0002')), true);
  rack.meter.faults.refusesConnections = true;
  await assert.rejects(rack.connect('10.0.0.5', 502), { code: 'ECONNREFUSED' });
});

async function ended(stream: Duplex, during: () => Promise<unknown>): Promise<boolean> {
  let over = false;
  stream.once('end', () => {
    over = true;
  });
  await during();
  return over;
}
