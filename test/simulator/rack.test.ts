import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { createRack } from './rack.ts';
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
  assert.throws(() => rack.miner('m99'), /no WhatsMiner "m99"/);
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
