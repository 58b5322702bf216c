import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { createRack } from './rack.ts';
import { exchange } from './whatsminer-client.ts';
import { demoTiming } from './whatsminer-spec.ts';

const threeMiners = [{ id: 'm01' }, { id: 'm02', ratedW: 3000 }, { id: 'm03', asleep: true, residualW: 15 }];

test('the rack draws what its miners and the other loads draw', async () => {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: threeMiners, otherLoadsW: 200 });
  assert.equal(rack.watts(), 3300 + 3000 + 15 + 200);
  rack.miner('m01').powerOff();
  await clock.advance(10_000);
  assert.equal(Math.round(rack.watts()), 20 + 3000 + 15 + 200);
  assert.equal(rack.watts(0), 3300 + 3000 + 15 + 200, 'the past stays what it was');
});

test('every miner has its own address, MAC and serial number', () => {
  const { miners } = createRack({ clock: new VirtualClock(), miners: threeMiners });
  for (const key of ['host', 'mac', 'serial'] as const) {
    assert.equal(new Set(miners.map((miner) => miner.spec[key])).size, 3, key);
  }
});

test('a miner that the rack does not have, and an address where nobody is, are errors', async () => {
  const rack = createRack({ clock: new VirtualClock(), miners: threeMiners });
  assert.throws(() => rack.miner('m99'), /no Whatsminer "m99"/);
  await assert.rejects(rack.connect('10.9.9.9', 4028), { code: 'ECONNREFUSED' });
  await assert.rejects(rack.connect('10.0.1.11', 4028, AbortSignal.abort(new Error('changed my mind'))), /mind/);
});

test('stop ends the connections in memory', async () => {
  const rack = createRack({ clock: new VirtualClock(), miners: threeMiners });
  const stream = await rack.connect('10.0.1.11', 4028);
  const ended = new Promise((resolve) => stream.resume().once('end', resolve));
  await rack.stop();
  await ended;
});

test('with the timing of the demo a miner is back within ten seconds', async () => {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'm01', asleep: true, timing: demoTiming }] });
  rack.miner('m01').powerOn();
  await clock.advance(10_000);
  assert.equal(rack.miner('m01').watts(), 3300);
});

test('WhatsMiners and miners with LuxOS share a rack', async () => {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'm01' }, { id: 'm02', kind: 'luxos' }], otherLoadsW: 0 });
  assert.deepEqual(
    rack.miners.map((miner) => [miner.spec.id, miner.kind]),
    [
      ['m01', 'whatsminer'],
      ['m02', 'luxos'],
    ],
  );
  assert.throws(() => rack.miner('m02'), /no Whatsminer "m02"/);
  assert.throws(() => rack.luxosMiner('m01'), /no LuxosMiner "m01"/);
  for (const miner of rack.miners) miner.powerOff();
  assert.deepEqual(
    rack.miners.map((miner) => miner.settledW),
    [20, 25],
  );
  await clock.advance(20_000);
  assert.ok(rack.miners.every((miner) => miner.asleep));
  assert.equal(Math.round(rack.watts()), 20 + 25);
});

test('devices whose cables were exchanged answer at each other’s address', async () => {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'm01' }, { id: 'm02', kind: 'luxos' }] });
  const ask = async () => {
    const reply = exchange(() => rack.connect('10.0.1.11', 4028), '{"command":"version"}');
    await clock.advance(50);
    return reply;
  };
  assert.doesNotMatch(await ask(), /LUXminer/);
  rack.swapAddresses('m01', 'm02');
  assert.match(await ask(), /LUXminer/);
  assert.throws(() => rack.swapAddresses('m01', 'm99'), /"m99"/);
});

test('miners breathe the air of the inlet', async () => {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'm01' }, { id: 'm02', kind: 'luxos' }], inletC: 31 });
  const ask = async (host: string, command: string) => {
    const reply = exchange(() => rack.connect(host, 4028), JSON.stringify({ command }));
    await clock.advance(50);
    return reply;
  };
  assert.match(await ask('10.0.1.11', 'summary'), /"Temperature":71,.*"Env Temp":31,.*"Chip Temp Min":71,/);
  rack.inletC.moveTo(41);
  assert.match(await ask('10.0.1.11', 'summary'), /"Temperature":81,.*"Env Temp":41,.*"Chip Temp Min":81,/);
  assert.match(await ask('10.0.1.12', 'temps'), /"BottomLeft":81,"BottomRight":50,/);
});
