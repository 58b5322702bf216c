import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '#test/support/world.ts';

test('a dead miner is made up for by the others where they suffice', async () => {
  const world = await new World().start();
  world.rack.miner('m04').faults.refusesConnections = true;
  await world.clock.advance(10_000);
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  assert.equal(world.phases(id).at(-1), 'holding');
  assert.ok(world.rack.watts() <= 4800, `${world.rack.watts()} W`);
  assert.deepEqual(world.asleep(), ['m02', 'm03'], 'm02 rests in place of m04');
  assert.deepEqual(world.says('applied').orders[0]?.short, ['m04: 10.0.1.14:4028 refused the connection']);
  assert.deepEqual(world.alarms(), ['alarm/device-m04']);
  await world.stop();
});

test('a dead miner that nothing makes up for ends the order partial, with its name and reason', async () => {
  const world = await new World().start();
  const dead = world.rack.miner('m04').faults;
  dead.refusesConnections = true;
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.2 });
  await world.clock.advance(29_000);
  assert.ok(!world.phases(id).includes('partial'), 'it has until its deadline');
  await world.clock.advance(10_000);
  const { why } = world.step(id, 'partial');
  assert.match(why, /the meter’s mean is 760 W over the level; m04: 10\.0\.1\.14:4028 refused the connection/);
  assert.deepEqual(world.asleep(), ['m01', 'm02', 'm03']);

  dead.refusesConnections = false;
  await world.clock.advance(60_000);
  assert.deepEqual(world.phases(id).slice(-2), ['metered', 'holding'], 'it is asked on and on');
  assert.deepEqual(world.rack.miner('m04').writes, ['power_off']);
  assert.deepEqual(world.alarms(), []);
  await world.stop();
});

test('a miner that acknowledges and does nothing is not confirmed, and is asked again', async () => {
  const world = await new World({ miners: [{ id: 'm01', ratedW: 3000 }] }).start();
  const stuck = world.rack.miner('m01');
  stuck.faults.ignoresCommands = true;
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.1 });
  await world.clock.advance(40_000);
  assert.deepEqual(world.phases(id), ['received', 'accepted', 'acting', 'acknowledged', 'partial']);
  assert.match(world.step(id, 'partial').why, /m01: accepted it, but has not changed/);
  assert.ok(stuck.writes.length >= 2, `asked ${stuck.writes.length} times`);

  stuck.faults.ignoresCommands = false;
  await world.clock.advance(40_000);
  assert.deepEqual(world.phases(id).slice(-2), ['metered', 'holding']);
  assert.ok(stuck.asleep);
  await world.stop();
});

test('a miner that comes back awake in mid-event is cut again', async () => {
  const world = await new World().start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 150 });
  await world.clock.advance(30_000);
  world.rack.miner('m03').powerOn();
  world.rack.miner('m04').reboot();
  await world.clock.advance(90_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  assert.deepEqual(world.rack.miner('m04').writes, ['power_off', 'power_off']);
  await world.clock.advance(240_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('without its meter an order is carried out but not proved: partial, with the reason and an alarm', async () => {
  const world = await new World().start();
  world.rack.meter.faults.silent = true;
  await world.clock.advance(10_000);
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(40_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  assert.deepEqual(world.phases(id).slice(-2), ['confirmed', 'partial']);
  assert.match(world.step(id, 'partial').why, /^meter feed is silent/);
  assert.equal(world.step(id, 'partial').power_w, null, 'an old reading is not the power now');
  assert.deepEqual(world.alarms(), ['alarm/meter-feed']);
  assert.equal(world.says('power').power_from, 'devices');

  world.rack.meter.faults.silent = false;
  await world.clock.advance(60_000);
  assert.deepEqual(world.phases(id).slice(-2), ['metered', 'holding']);
  assert.deepEqual(world.alarms(), []);
  await world.stop();
});

test('another device at a miner’s address is never written', async () => {
  const world = new World();
  world.rack.miner('m04').faults.otherMac = '02:00:00:00:00:99';
  await world.start();
  await world.issue({ kind: 'ceiling', fraction: 0 }, { forS: 60 });
  await world.clock.advance(200_000);
  assert.deepEqual(world.rack.miner('m04').writes, []);
  assert.deepEqual(world.rack.miner('m03').writes, ['power_off', 'power_on']);
  const { state, why, last_error } = world.says('device', 'device/m04');
  assert.equal(state, 'wrong_device');
  assert.match(
    `${why} ${last_error}`,
    /left alone: .*it says MAC 02:00:00:00:00:99, the config says 02:5a:11:a5:00:04/,
  );
  assert.deepEqual(world.alarms(), ['alarm/device-m04']);
  await world.stop();
});

test('a miner that is swapped for another in mid-event is left alone from then on', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 60 });
  await world.clock.advance(30_000);
  const { faults, writes } = world.rack.miner('m04');
  faults.refusesConnections = true;
  await world.clock.advance(10_000);
  faults.otherMac = '02:00:00:00:00:99';
  faults.refusesConnections = false;
  await world.clock.advance(200_000);
  assert.deepEqual(writes, ['power_off'], 'nobody wakes a stranger');
  await world.stop();
});

test('a disk that is full stops no order', async () => {
  const world = await new World().start();
  world.store.fail = true;
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 60 });
  await world.clock.advance(200_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('what noisy readings say by chance moves no miner', async () => {
  const world = await new World({ noiseSeed: 7 }).start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(60_000);
  const moved = world.rack.miners.map(({ writes }) => writes.length);
  await world.clock.advance(300_000);
  assert.deepEqual(
    world.rack.miners.map(({ writes }) => writes.length),
    moved,
  );
  await world.stop();
});
