import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '#protocol/order.ts';
import { World } from '#test/support/world.ts';

const cut: Target = { kind: 'ceiling', fraction: 0.4 };
const writes = ({ rack }: World) => rack.miners.map((miner) => [...miner.writes]);

test('a miner that a technician puts to sleep in mid-event is left alone, also at the end', async () => {
  const world = await new World().start();
  const { id } = await world.issue(cut, { forS: 300 });
  await world.clock.advance(30_000);
  world.rack.miner('m01').powerOff();
  await world.clock.advance(60_000);
  assert.match(world.says('device', 'device/m01').why, /^left alone: a person put it to sleep/);
  await world.clock.advance(900_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), ['m01']);
  assert.deepEqual(world.rack.miner('m01').writes, []);
  await world.stop();
});

test('a miner that a technician has woken again is taken up again, in its old place', async () => {
  const world = await new World().start();
  await world.issue(cut, { forS: 3000 });
  await world.clock.advance(30_000);
  world.rack.miner('m01').powerOff();
  await world.clock.advance(60_000);
  world.rack.miner('m01').powerOn();
  await world.clock.advance(700_000);
  assert.doesNotMatch(world.says('device', 'device/m01').why, /left alone/);
  assert.deepEqual(world.rack.miner('m01').writes, [], 'it is worth most, and runs as before');
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  assert.ok(world.rack.watts() <= 4800, `${world.rack.watts()} W`);
  await world.issue({ kind: 'ceiling', fraction: 0 }, { forS: 3000 });
  await world.clock.advance(30_000);
  assert.deepEqual(world.asleep(), ['m01', 'm02', 'm03', 'm04']);
  await world.stop();
});

test('a miner that was limited by an order and put to sleep by a technician is not woken', async () => {
  const world = await new World().start();
  const { id } = await world.issue(cut, { forS: 300 });
  await world.clock.advance(30_000);
  assert.deepEqual(world.rack.miner('m02').writes, ['set_power_pct']);
  world.rack.miner('m02').powerOff();
  await world.clock.advance(900_000);
  assert.deepEqual(world.rack.miner('m02').writes, ['set_power_pct']);
  assert.deepEqual(world.asleep(), ['m02']);
  assert.equal(world.phases(id).at(-1), 'restored');
  await world.stop();
});

test('a miner that slept before and that a technician wakes in mid-event gives way too, and then runs', async () => {
  const miners = ['m01', 'm02'].map((id) => ({ id, ratedW: 3000, asleep: id === 'm02' }));
  const world = await new World({ miners }).start();
  const { id } = await world.issue(cut, { forS: 120 });
  await world.clock.advance(30_000);
  world.rack.miner('m02').powerOn();
  await world.clock.advance(60_000);
  assert.ok(world.rack.watts() <= 2400, `${world.rack.watts()} W`);
  assert.equal(world.phases(id).at(-1), 'holding');
  await world.clock.advance(300_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('a locked-out miner that sleeps is woken by nobody, over the end of the order and a restart, until the lock is off', async () => {
  const world = await new World().start();
  const { id } = await world.issue(cut, { forS: 120 });
  await world.clock.advance(30_000);
  await world.agent.setLocal({ lockedOut: ['m03'] }, 'hands inside m03');
  assert.match(world.says('device', 'device/m03').why, /locked out/, 'at once');
  await world.clock.advance(300_000);
  assert.deepEqual(world.asleep(), ['m03']);
  await world.restart();
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), ['m03']);
  assert.match(world.says('device', 'device/m03').why, /locked out/);
  assert.ok(!world.phases(id).includes('restored'));
  await world.agent.setLocal({ lockedOut: [] }, 'hands out of m03');
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), []);
  assert.equal(world.phases(id).at(-1), 'restored');
  await world.stop();
});

test('a locked-out miner that runs may still be cut, and then stays down', async () => {
  const world = await new World().start();
  await world.agent.setLocal({ lockedOut: ['m04'] }, 'hands inside m04');
  await world.issue(cut, { forS: 60 });
  await world.clock.advance(30_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.clock.advance(200_000);
  assert.deepEqual(world.asleep(), ['m04']);
  assert.deepEqual(world.rack.miner('m04').writes, ['power_off']);
  await world.stop();
});

test('a wake that has not got through when its miner is locked out is given up', async () => {
  const world = await new World().start();
  await world.issue(cut, { forS: 60 });
  await world.clock.advance(30_000);
  const late = world.rack.miner('m04');
  late.faults.silent = true;
  await world.clock.advance(90_000);
  await world.agent.setLocal({ lockedOut: ['m04'] }, 'hands inside m04');
  late.faults.silent = false;
  await world.clock.advance(120_000);
  assert.deepEqual(late.writes, ['power_off']);
  assert.deepEqual(world.asleep(), ['m04']);
  await world.stop();
});

test('a rack run by hand is left alone by every order, until that expires', async () => {
  const world = await new World().start();
  const manualUntil = world.clock.wall() + 120_000;
  await world.agent.setLocal({ lockedOut: [], manualUntil }, 'a technician takes over');
  const { id } = await world.issue(cut, { forS: 300 });
  world.rack.miner('m02').powerOff();
  await world.clock.advance(60_000);
  assert.equal(world.says('state').mode, 'manual');
  assert.ok(world.rack.miners.every((miner) => miner.writes.length === 0));
  assert.match(world.step(id, 'partial').why, /W over the level/);
  assert.equal(world.says('info').down_w, 0, 'there is nothing to offer');
  world.rack.miner('m02').powerOn();
  await world.clock.advance(70_000);
  assert.equal(world.says('state').mode, 'curtailed');
  await world.clock.advance(30_000);
  assert.ok(world.rack.watts() <= 4800, `${world.rack.watts()} W`);
  assert.equal(world.phases(id).at(-1), 'holding');
  await world.clock.advance(300_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('a rack run by hand over the end of an order goes home once the hand is off', async () => {
  const world = await new World().start();
  await world.issue(cut, { forS: 60 });
  await world.clock.advance(30_000);
  const before = writes(world);
  await world.agent.setLocal({ lockedOut: [], manualUntil: world.clock.wall() + 300_000 }, 'a technician takes over');
  await world.clock.advance(299_000);
  assert.deepEqual(writes(world), before);
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), []);
  assert.equal(world.says('state').mode, 'normal');
  await world.stop();
});
