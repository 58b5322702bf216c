import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '#protocol/order.ts';
import { World } from '#test/support/world.ts';

const cut: Target = { kind: 'ceiling', fraction: 0.4 };

/** A technician takes a miner out and puts another in its place, which runs. */
async function replace(world: World, id: string): Promise<void> {
  const miner = world.rack.miner(id);
  miner.faults.refusesConnections = true;
  await world.clock.advance(60_000);
  miner.faults.otherMac = '02:00:00:00:00:99';
  miner.powerOn();
  miner.writes.splice(0);
  miner.faults.refusesConnections = false;
}

for (const [when, isDead] of [
  ['that sleeps', false],
  ['that could not be reached and is asked on and on', true],
] as const) {
  test(`a miner ${when} is replaced by another at its address: it is never written, and the others make up for it`, async () => {
    const world = await new World().start();
    world.rack.miner('m04').faults.refusesConnections = isDead;
    const { id } = await world.issue(cut, { forS: 1800 });
    await world.clock.advance(40_000);
    await replace(world, 'm04');
    await world.clock.advance(700_000);
    assert.deepEqual(world.rack.miner('m04').writes, []);
    assert.equal(world.says('device', 'device/m04').state, 'wrong_device');
    assert.match(world.says('device', 'device/m04').why, /another device is at its address/);
    assert.deepEqual(world.alarms(), ['alarm/device-m04']);
    assert.equal(world.phases(id).at(-1), 'holding');
    assert.ok(world.rack.watts() <= 4800, `${world.rack.watts()} W with the stranger’s 3,000 W in it`);
    assert.deepEqual(world.asleep(), ['m02', 'm03'], 'in its place');

    await world.clock.advance(1_500_000);
    assert.deepEqual(world.rack.miner('m04').writes, []);
    assert.equal(world.phases(id).at(-1), 'restored', 'a stranger keeps no event open');
    assert.deepEqual(world.asleep(), []);
    await world.stop();
  });
}

test('a miner that comes back to its own address is taken up again', async () => {
  const world = await new World().start();
  const { id } = await world.issue(cut, { forS: 600 });
  await world.clock.advance(40_000);
  await replace(world, 'm04');
  await world.clock.advance(60_000);
  const own = world.rack.miner('m04').faults;
  own.refusesConnections = true;
  await world.clock.advance(10_000);
  own.otherMac = undefined;
  own.refusesConnections = false;
  await world.clock.advance(60_000);
  assert.deepEqual(world.rack.miner('m04').writes, ['power_off']);
  assert.deepEqual(world.alarms(), []);
  await world.clock.advance(1_000_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('a config that drops a miner which an order holds is refused, and taken once it is home', async () => {
  const world = await new World().start();
  const { event } = await world.issue(cut);
  await world.clock.advance(30_000);
  assert.match((await world.refit(['m01', 'm02', 'm03'])) ?? '', /an order holds m04: wait until it is home/);
  assert.equal(await world.refit(['m02', 'm03', 'm04']), undefined, 'm01 is at home');
  await world.clock.advance(30_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04'], 'nothing is cut or woken by it');
  assert.deepEqual(
    world.says('info').devices.map(({ device }) => device),
    ['m02', 'm03', 'm04'],
  );
  assert.ok(!world.said.has('device/m01'), 'nothing is said of it any more');
  await world.issue({ kind: 'release' }, { event });
  await world.clock.advance(120_000);
  assert.deepEqual(world.asleep(), []);
  assert.equal(await world.refit(['m02', 'm03']), undefined);
  await world.stop();
});

test('a config may drop a miner that another has taken the place of', async () => {
  const world = await new World().start();
  await world.issue(cut);
  await world.clock.advance(40_000);
  await replace(world, 'm04');
  await world.clock.advance(60_000);
  assert.equal(await world.refit(['m01', 'm02', 'm03']), undefined);
  await world.stop();
});

test('the feed meter dies in mid-event: the order is partial with an estimate, until the meter proves it again', async () => {
  const world = await new World().start();
  const { id } = await world.issue(cut, { forS: 1200 });
  await world.clock.advance(60_000);
  assert.equal(world.phases(id).at(-1), 'holding');
  world.rack.meter.faults.silent = true;
  await world.clock.advance(30_000);
  assert.equal(world.phases(id).at(-1), 'partial');
  const { why, power_w } = world.step(id, 'partial');
  assert.match(why, /^meter feed is silent: .*; estimate by the devices: 4\d{3} W$/);
  assert.equal(power_w, null, 'an estimate is not metered');
  assert.equal(world.says('power').power_from, 'devices');
  assert.equal(world.says('power').headroom_w, null);
  assert.deepEqual(world.alarms(), ['alarm/meter-feed']);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);

  world.rack.meter.faults.silent = false;
  await world.clock.advance(30_000);
  assert.deepEqual(world.phases(id).slice(-2), ['metered', 'holding']);
  assert.equal(world.says('power').power_from, 'metered');
  assert.deepEqual(world.alarms(), []);
  await world.stop();
});

test('a cut aborts a wake in flight: what the miner did of it is seen and cut again', async () => {
  const world = await new World({ policy: { limits: { restore_window_s: 0 } } }).start();
  await world.issue(cut, { forS: 30 });
  await world.clock.advance(25_000);
  const slow = world.rack.miner('m04');
  slow.faults.answersAfterMs = 8000;
  await world.clock.advance(7000);
  assert.deepEqual(slow.writes, ['power_off', 'power_on'], 'its answer is still to come');
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0 }, { event: 'ecrs-b', forS: 1200 });
  await world.clock.advance(500);
  assert.deepEqual(slow.writes, ['power_off', 'power_on', 'power_off']);
  assert.ok(slow.asleep || slow.watts() < 100);
  slow.faults.answersAfterMs = undefined;
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), ['m01', 'm02', 'm03', 'm04']);
  assert.ok(world.phases(id).includes('confirmed'));
  assert.deepEqual(slow.writes, ['power_off', 'power_on', 'power_off']);
  await world.stop();
});
