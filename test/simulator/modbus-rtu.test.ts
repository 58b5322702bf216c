import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { crc16, withCrc } from './modbus-rtu-frames.ts';
import type { RackOptions } from './rack.ts';
import { createRack } from './rack.ts';

/** A meter as unit 1 and a sensor as unit 10 on one line, and a master that collects whatever comes. */
function setUp(options: Partial<RackOptions> = {}) {
  const clock = new VirtualClock();
  const rack = createRack({
    clock,
    miners: [{ id: 'm01' }, { id: 'm02' }],
    otherLoadsW: 150,
    meter: { line: 'rtu1', replyMs: 10 },
    sensors: [{ id: 'inlet', line: 'rtu1', unit: 10, replyMs: 10, riseKPerKw: 0 }],
    ...options,
  });
  const master = rack.serial('rtu1');
  let received: Buffer = Buffer.alloc(0);
  master.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  /** Sends hex, lets the time of one reply pass and returns what came, in hex. */
  const exchange = async (request: string) => {
    received = Buffer.alloc(0);
    master.write(Buffer.from(request.replaceAll(' ', ''), 'hex'));
    await clock.advance(10);
    return received.toString('hex');
  };
  return { clock, rack, master, exchange };
}

/** 6750 W, with check sums worked out by pymodbus. */
const POWER_REQUEST = '01 04 0034 0002 30 05';
const POWER_REPLY = '010404' + '45d2f000' + '0ab1';
/** 25.0 C and 45.0 % from unit 10. */
const AIR_REQUEST = '0a 04 0001 0002 21 70';
const AIR_REPLY = '0a0404' + '00fa01c2' + 'e174';

test('the check sum is that of the specification', () => {
  // Modbus over serial line 1.02, 6.2.2: 0x1241 for these two bytes, low byte first on the wire.
  assert.equal(crc16(Buffer.of(0x02, 0x07)), 0x1241);
  assert.equal(withCrc(0x02, Buffer.of(0x07)).toString('hex'), '02074112');
});

test('several devices answer on one line, each to its own unit id', async () => {
  const { exchange } = setUp();
  assert.equal(await exchange(POWER_REQUEST), POWER_REPLY);
  assert.equal(await exchange(AIR_REQUEST), AIR_REPLY);
  assert.equal(await exchange(POWER_REQUEST), POWER_REPLY);
});

test('nobody answers for a unit id that is not there, nor a broadcast, nor a wrong check sum', async () => {
  const { clock, exchange } = setUp();
  for (const request of [
    withCrc(9, Buffer.from('0400340002', 'hex')),
    withCrc(0, Buffer.from('0400340002', 'hex')),
    Buffer.from('0104003400023006', 'hex'),
  ]) {
    assert.equal(await exchange(request.toString('hex')), '');
    await clock.advance(1000);
  }
  assert.equal(await exchange(POWER_REQUEST), POWER_REPLY);
});

test('what a device does not do is refused with an exception', async () => {
  const { exchange } = setUp();
  const refused = async (pdu: string) => exchange(withCrc(10, Buffer.from(pdu, 'hex')).toString('hex'));
  const reply = (pdu: string) => withCrc(10, Buffer.from(pdu, 'hex')).toString('hex');
  assert.equal(await refused('0300010002'), reply('8301'));
  assert.equal(await refused('0400000002'), reply('8402'));
  assert.equal(await refused('0400010003'), reply('8402'));
  assert.equal(await refused('0400010000'), reply('8403'));
  assert.equal(await refused(`100001000204${'00000000'}`), reply('9001'), 'a write of many is understood as one');
});

test('a request may come byte by byte, and one that was given up does not spoil the next', async () => {
  const { clock, master, exchange } = setUp();
  for (const byte of Buffer.from('01040034000230', 'hex')) {
    master.write(Buffer.of(byte));
    await clock.advance(10);
  }
  assert.equal(await exchange('05'), POWER_REPLY);
  // The beginning of a write of 100 registers, which the next request would be taken for.
  assert.equal(await exchange('01 10 0000 0064 c8'), '');
  await clock.advance(50);
  assert.equal(await exchange(POWER_REQUEST), POWER_REPLY);
});

test('a byte of noise before a request costs nothing', async () => {
  const { exchange } = setUp();
  assert.equal(await exchange(`ff 00 ${POWER_REQUEST}`), POWER_REPLY);
});

test('two requests at once are both answered', async () => {
  const { exchange } = setUp();
  assert.equal(await exchange(POWER_REQUEST + AIR_REQUEST), POWER_REPLY + AIR_REPLY);
});

test('replies arrive cut, flipped or between noise, as the line is told', async () => {
  const { rack, exchange } = setUp();
  const { faults } = rack.line('rtu1');
  faults.losesLastBytes = 3;
  assert.equal(await exchange(POWER_REQUEST), POWER_REPLY.slice(0, -6));
  faults.losesLastBytes = 0;
  faults.flipsByte = 5;
  assert.equal(await exchange(POWER_REQUEST), '010404' + '45d2f100' + '0ab1');
  faults.flipsByte = undefined;
  faults.noiseBefore = Buffer.of(0xff);
  faults.noiseAfter = Buffer.of(0x00, 0x00);
  assert.equal(await exchange(POWER_REQUEST), `ff${POWER_REPLY}0000`);
});

test('a two-wire adapter may hear itself', async () => {
  const { rack, exchange } = setUp();
  rack.line('rtu1').faults.echoesRequests = true;
  assert.equal(await exchange(POWER_REQUEST), POWER_REQUEST.replaceAll(' ', '') + POWER_REPLY);
});

test('a reply may come late, twice, or again after the next request; a device may fall silent', async () => {
  const { clock, rack, exchange } = setUp();
  const { faults } = rack.meter;
  faults.duplicatesReplies = true;
  assert.equal(await exchange(POWER_REQUEST), POWER_REPLY + POWER_REPLY);
  faults.duplicatesReplies = false;
  faults.repeatsPreviousReply = true;
  rack.otherLoads.moveTo(2150);
  assert.match(await exchange(POWER_REQUEST), new RegExp(`^${POWER_REPLY}0104044608b800`));
  faults.repeatsPreviousReply = false;
  faults.answersAfterMs = 500;
  assert.equal(await exchange(POWER_REQUEST), '');
  faults.answersAfterMs = undefined;
  await clock.advance(480);
  assert.equal(await exchange(AIR_REQUEST), `0104044608b8001d0e${AIR_REPLY}`);
  faults.silent = true;
  assert.equal(await exchange(POWER_REQUEST), '');
  assert.equal(await exchange(AIR_REQUEST), AIR_REPLY);
});

test('two devices with one unit id both answer', async () => {
  const { rack, exchange } = setUp();
  rack.meter.spec.unit = 10;
  assert.equal(await exchange(AIR_REQUEST), withCrc(10, Buffer.from('8402', 'hex')).toString('hex') + AIR_REPLY);
});

test('a sensor says temperature and humidity, below freezing too', async () => {
  const { rack, exchange } = setUp();
  assert.equal(await exchange(AIR_REQUEST), AIR_REPLY);
  rack.inletC.moveTo(-12.3);
  rack.sensor('inlet').humidityPercent.moveTo(99.9);
  const reply = withCrc(10, Buffer.from('0404' + 'ff85' + '03e7', 'hex')).toString('hex');
  assert.equal(await exchange(AIR_REQUEST), reply);
  rack.sensor('inlet').faults.frozen = true;
  rack.inletC.moveTo(40);
  assert.equal(await exchange(AIR_REQUEST), reply);
});

test('an adapter that is pulled out ends the stream, and can be plugged in again', async () => {
  const { clock, rack, master } = setUp();
  const ended = new Promise((resolve) => master.once('end', resolve));
  rack.line('rtu1').unplug();
  await ended;
  const again = rack.serial('rtu1');
  const heard: string[] = [];
  again.on('data', (chunk: Buffer) => heard.push(chunk.toString('hex')));
  again.write(Buffer.from(AIR_REQUEST.replaceAll(' ', ''), 'hex'));
  await clock.advance(10);
  assert.deepEqual(heard, [AIR_REPLY]);
});

test('a master that leaves while a reply is due leaves no timer behind', async () => {
  const { clock, master } = setUp();
  master.write(Buffer.from(AIR_REQUEST.replaceAll(' ', ''), 'hex'));
  await clock.advance(5);
  master.destroy();
  await clock.advance(0);
  assert.equal(clock.pending, 0);
});

test('what hangs on a serial line has no address of its own', async () => {
  const { rack } = setUp();
  await assert.rejects(rack.connect('10.0.0.5', 502), { code: 'ECONNREFUSED' });
  assert.throws(() => rack.serial('rtu2'), /no serial line "rtu2"/);
});
