import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { createRack } from './rack.ts';

/** A WhatsMiner on outlet 1, a LuxOS miner with two power supplies on 2 and 3, one that starts asleep on 4. */
async function setUp(ports = 8) {
  const clock = new VirtualClock();
  const rack = createRack({
    clock,
    miners: [
      { id: 'm01', ratedW: 3300 },
      { id: 'm02', kind: 'luxos', ratedW: 2800 },
      { id: 'm03', asleep: true, sleepSurvivesReboot: true },
      { id: 'm04' },
    ],
    pdus: [{ id: 'pdu-a', host: '10.0.2.1', ports, outlets: { 1: 'm01', 2: 'm02', 3: 'm02', 4: 'm03' } }],
    otherLoadsW: 0,
  });
  const stream = await rack.connect('10.0.2.1', 502);
  let received: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  /** Sends function code and data in hex to unit 1 and returns the same of the reply. */
  const exchange = async (pdu: string) => {
    const request = Buffer.from(pdu.replaceAll(' ', ''), 'hex');
    received = Buffer.alloc(0);
    stream.write(Buffer.concat([Buffer.of(0, 1, 0, 0, 0, request.length + 1, 1), request]));
    await clock.advance(10);
    return received.subarray(7).toString('hex');
  };
  const readS32 = async (address: number) => {
    const reply = await exchange(`04 ${address.toString(16).padStart(4, '0')} 0002`);
    assert.match(reply, /^0404/, `register ${address.toString(16)}`);
    return Buffer.from(reply, 'hex').readInt32BE(2);
  };
  return { clock, rack, pdu: rack.pdu('pdu-a'), exchange, readS32 };
}

const outlet = (port: number, field: number) => 0x3a00 + (port - 1) * 0x120 + 2 * field;

test('inlet and outlets measure what the miners draw', async () => {
  const { readS32 } = await setUp();
  assert.equal(await readS32(outlet(1, 1)), 3300);
  assert.equal(await readS32(outlet(2, 1)), 1400, 'two power supplies share the load');
  assert.equal(await readS32(outlet(3, 1)), 1400);
  assert.equal(await readS32(outlet(4, 1)), 20);
  assert.equal(await readS32(outlet(8, 1)), 0);
  assert.equal(await readS32(0x0402), 3300 + 2800 + 20, 'the miner that hangs on the feed itself is not in it');
  assert.equal(await readS32(0x0404), 240);
  assert.equal(await readS32(0x0408), 6000);
  assert.equal(await readS32(0x040a), 990);
  assert.equal(await readS32(outlet(1, 3)), Math.round((1000 * 3300) / 0.99 / 240));
  assert.equal(await readS32(outlet(1, 7)), Math.round(3300 / 0.99));
});

test('the counters of energy run with the power', async () => {
  const { clock, readS32 } = await setUp();
  await clock.advance(3_600_000 - 20);
  assert.equal(await readS32(outlet(1, 0)), 3300);
  assert.equal(await readS32(0x0400), 3300 + 2800 + 20);
});

test('a block is read at once, and a read that leaves it is refused', async () => {
  const { exchange } = await setUp();
  assert.equal((await exchange('04 0400 0060')).length, 2 * (2 + 0xc0));
  assert.equal(await exchange('04 0400 0061'), '8402');
  assert.equal(await exchange('04 0460 0002'), '8402', 'there is no second phase');
  assert.equal(await exchange(`04 ${outlet(9, 1).toString(16)} 0002`), '8402');
  assert.equal(await exchange('04 0400 007e'), '8403');
  assert.equal(await exchange('04 0400 0000'), '8403');
  assert.equal(await exchange('04 0100 0002'), '040480008000', 'no external sensor is plugged in');
  assert.equal(await exchange('03 0400 0002'), '8301');
});

test('the unit id is ignored', async () => {
  const { clock, rack } = await setUp();
  const stream = await rack.connect('10.0.2.1', 502);
  const heard: string[] = [];
  stream.on('data', (chunk: Buffer) => heard.push(chunk.toString('hex')));
  stream.write(Buffer.from('000700000006' + 'c8' + '0100000008', 'hex'));
  await clock.advance(10);
  assert.deepEqual(heard, ['000700000004' + 'c8' + '0101ff']);
});

test('opening an outlet takes the miner off the mains at once, and closing it boots the miner', async () => {
  const { clock, rack, exchange, readS32 } = await setUp();
  const miner = rack.miner('m01');
  const { host, port } = miner.spec;
  assert.equal(await exchange('05 0000 0000'), '0500000000');
  assert.equal(miner.watts(), 0);
  assert.equal(miner.hashrateThs, 0);
  assert.equal(await readS32(outlet(1, 1)), 0);
  assert.equal(await exchange('01 0000 0008'), '0101fe');
  await assert.rejects(rack.connect(host, port), { code: 'ECONNREFUSED' });
  miner.restart();
  await clock.advance(60_000);
  assert.equal(miner.watts(), 0, 'nothing runs without mains');
  assert.equal(await exchange('05 0000 ff00'), '050000ff00');
  assert.equal(await exchange('01 0000 0008'), '0101ff');
  assert.equal(miner.watts(), 20);
  await assert.rejects(rack.connect(host, port), { code: 'ECONNREFUSED' }, 'the control board boots');
  await clock.advance(60_000);
  await rack.connect(host, port);
  await clock.advance(480_000);
  assert.equal(miner.watts(), 3300);
});

test('a miner that slept when it lost its mains sleeps on where its firmware remembers', async () => {
  const { clock, rack, pdu } = await setUp();
  const sleeper = rack.miner('m03');
  pdu.outlet(4).switch(false);
  await clock.advance(10_000);
  assert.equal(sleeper.watts(), 0);
  pdu.outlet(4).switch(true);
  await clock.advance(600_000);
  assert.equal(sleeper.watts(), 20);
  assert.equal(sleeper.asleep, true);
});

test('a miner with two power supplies runs on one of them', async () => {
  const { rack, exchange, readS32 } = await setUp();
  const miner = rack.luxosMiner('m02');
  await exchange('05 0001 0000');
  assert.equal(miner.watts(), 2800);
  assert.equal(await readS32(outlet(2, 1)), 0);
  assert.equal(await readS32(outlet(3, 1)), 2800);
  await exchange('05 0002 0000');
  assert.equal(miner.watts(), 0);
  assert.equal(miner.energised, false);
});

test('several outlets are switched in one request', async () => {
  const { rack, exchange } = await setUp();
  assert.equal(await exchange('0f 0000 0004 01 0a'), '0f00000004');
  assert.equal(await exchange('01 0000 0008'), '0101fa');
  assert.equal(Math.round(rack.watts()), 2800 + 20 + 3300);
});

test('outlets beyond the eighth are in the next byte', async () => {
  const { pdu, exchange } = await setUp(12);
  assert.equal(await exchange('0f 0000 000c 02 ff05'), '0f0000000c');
  assert.deepEqual(
    [9, 10, 11, 12].map((port) => pdu.outlet(port).closed),
    [true, false, true, false],
  );
  assert.equal(await exchange('01 0000 000c'), '0102ff05');
});

test('a request to switch that is wrong switches nothing', async () => {
  const { exchange } = await setUp();
  assert.equal(await exchange('05 0000 0001'), '8503');
  assert.equal(await exchange('05 0008 0000'), '8502');
  assert.equal(await exchange('0f 0000 0004 02 00'), '8f03');
  assert.equal(await exchange('0f 0000 0004 01 0000'), '8f03');
  assert.equal(await exchange('0f 0000 0000 00'), '8f03');
  assert.equal(await exchange('0f 0006 0003 01 00'), '8f02');
  assert.equal(await exchange('01 0006 0003'), '8102');
  assert.equal(await exchange('01 0000 0000'), '8103');
  assert.equal(await exchange('01 0000 0008'), '0101ff');
});

test('a relay can stick although the PDU acknowledges', async () => {
  const { rack, pdu, exchange } = await setUp();
  pdu.faults.ignoresCommands = true;
  assert.equal(await exchange('05 0000 0000'), '0500000000');
  assert.equal(rack.miner('m01').watts(), 3300);
});

test('a request that was under way when the mains went is neither obeyed nor answered', async () => {
  const { clock, rack, pdu } = await setUp();
  const miner = rack.luxosMiner('m02');
  const stream = await rack.connect(miner.spec.host, miner.spec.port);
  stream.write(JSON.stringify({ command: 'curtail', parameter: `${miner.session.takenByAnother()},sleep` }));
  await clock.advance(10);
  pdu.outlet(2).switch(false);
  pdu.outlet(3).switch(false);
  assert.deepEqual(await heardWithinAnHour(stream, clock), []);
  assert.deepEqual(miner.writes, []);
});

test('a reply that was still due when the mains went does not come', async () => {
  const { clock, rack, pdu } = await setUp();
  const miner = rack.miner('m01');
  miner.faults.answersAfterMs = 500;
  const stream = await rack.connect(miner.spec.host, miner.spec.port);
  stream.write('{"cmd":"summary"}');
  await clock.advance(100);
  pdu.outlet(1).switch(false);
  assert.deepEqual(await heardWithinAnHour(stream, clock), []);
});

test('an outlet that the PDU does not have, and a miner that the rack does not have, are errors', async () => {
  const { pdu } = await setUp();
  assert.throws(() => pdu.outlet(9), /no outlet 9/);
  const clock = new VirtualClock();
  assert.throws(
    () => createRack({ clock, miners: [], pdus: [{ id: 'pdu-a', outlets: { 1: 'm01' } }] }),
    /no miner "m01"/,
  );
});

async function heardWithinAnHour(stream: Duplex, clock: VirtualClock): Promise<string[]> {
  const heard: string[] = [];
  stream.on('data', () => heard.push('a reply')).on('end', () => heard.push('the end'));
  await clock.advance(3_600_000);
  return heard;
}
