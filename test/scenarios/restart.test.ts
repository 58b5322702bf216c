import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RACK, SITE, World } from '#test/support/world.ts';

test('an order that expired while the broker was away does not come back', async () => {
  const world = await new World().start();
  world.broker.offline();
  // Retained while the rack cannot hear it, and over when it can.
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 60 });
  await world.clock.advance(90_000);
  world.broker.online();
  await world.clock.advance(60_000);
  assert.equal(world.step(id, 'refused').code, 'expired');
  assert.ok(world.rack.miners.every(({ writes }) => writes.length === 0));
  await world.stop();
});

test('an order in force goes on and ends on time while the broker is away, and what happened is told later', async () => {
  const world = await new World().start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 120 });
  await world.clock.advance(30_000);
  world.broker.offline();
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.clock.advance(120_000);
  assert.deepEqual(world.asleep(), []);
  assert.ok(!world.phases(id).includes('ended'), 'nobody could be told');
  world.broker.online();
  await world.clock.advance(90_000);
  const kept = world.history.filter(({ kind }) => kind === 'event').map(({ body }) => body as { phase?: string });
  assert.deepEqual(
    kept.map(({ phase }) => phase),
    ['ended', 'restored'],
  );
  assert.ok(world.history.some(({ kind }) => kind === 'evidence'));
  await world.stop();
});

test('a rack that boots in mid-event obeys the order that the broker retains', async () => {
  const world = new World();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(60_000);
  await world.start();
  await world.clock.advance(30_000);
  assert.deepEqual(world.phases(id).slice(-3), ['confirmed', 'metered', 'holding']);
  assert.ok(world.rack.watts() <= 4800, `${world.rack.watts()} W`);
  await world.stop();
});

test('a rack that boots in mid-event without its broker obeys its journal, and ends where it should', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 300 });
  await world.clock.advance(30_000);
  world.kill();
  world.broker.offline();
  world.rack.miner('m04').powerOn();
  await world.start();
  await world.clock.advance(30_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.clock.advance(400_000);
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

for (const [how, end] of [
  ['an orderly restart', (world: World) => world.stop()],
  ['a crash', (world: World) => world.kill()],
] as const) {
  test(`after ${how} in mid-event nothing is cut twice, the baseline stays, and every miner ends at home`, async () => {
    const world = await new World({ miners: fourWithOneAsleep }).start();
    const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 200 });
    await world.clock.advance(30_000);
    const writes = world.rack.miners.map((miner) => [...miner.writes]);
    await end(world);
    await world.clock.advance(60_000);
    await world.start();
    await world.clock.advance(60_000);
    assert.deepEqual(
      world.rack.miners.map((miner) => miner.writes),
      writes,
    );
    assert.equal(world.says('applied').orders[0]?.baseline_w, 9120);
    assert.equal(world.says('state').mode, 'curtailed');
    assert.ok(!JSON.stringify([world.events, world.history]).includes('partial'), 'its meter had only begun to speak');
    await world.clock.advance(120_000);
    assert.equal(world.phases(id).at(-1), 'restored');
    assert.deepEqual(world.asleep(), ['m04']);
    assert.equal(world.evidence.length, 1);
    await world.stop();
  });
}

test('a miner that is slow to say who it is after a restart is not made up for by the others', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  world.kill();
  for (const id of ['m03', 'm04']) world.rack.miner(id).faults.answersAfterMs = 2000;
  await world.start();
  await world.clock.advance(30_000);
  assert.deepEqual(world.rack.miner('m01').writes, []);
  assert.deepEqual(world.rack.miner('m02').writes, ['set_power_pct']);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.stop();
});

test('an event that ended while the agent was down is restored, after the rack’s own delay', async () => {
  const world = await new World().start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 60 });
  await world.clock.advance(30_000);
  world.kill();
  await world.clock.advance(300_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04'], 'outputs stay as they are');
  await world.start();
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), []);
  assert.equal(world.phases(id).at(-1), 'restored');
  await world.stop();
});

test('a rack that crashes while its return waits begins to wait anew', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 60 });
  await world.clock.advance(70_000);
  world.kill();
  await world.start();
  await world.clock.advance(20_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.clock.advance(40_000);
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('a rack that has lost its journal in mid-event obeys, stays under the level, and wakes no miner that slept', async () => {
  const world = await new World({ miners: fourWithOneAsleep }).start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  world.kill();
  world.store.entries(RACK).clear();
  await world.start();
  await world.clock.advance(60_000);
  assert.ok(world.rack.watts() <= 4800, `${world.rack.watts()} W`);
  await world.stop();
});

test('a will that arrives after the next birth does not make the rack offline', async () => {
  const world = await new World().start();
  const topic = 'ballast/v1/tx1/rack/r07/state';
  const will = JSON.stringify({ ...world.says('state'), status: 'offline', connection: 0 });
  world.broker.publish(topic, will, true);
  await world.clock.advance(100);
  assert.equal(world.says('state').status, 'online');
  await world.stop();
  assert.equal(world.says('state').status, 'offline');
});

const fourWithOneAsleep = [1, 2, 3, 4].map((n) => ({
  id: `m0${n}`,
  ratedW: 3000,
  ratedThs: 130 - 10 * n,
  asleep: n === 4,
}));

test('an alarm that was over when the agent came back is taken back', async () => {
  const world = await new World().start();
  world.rack.meter.faults.silent = true;
  await world.clock.advance(30_000);
  assert.deepEqual(world.alarms(), ['alarm/meter-feed']);
  world.kill();
  world.rack.meter.faults.silent = false;
  await world.start();
  assert.equal(world.broker.retained(`ballast/v1/${SITE}/rack/${RACK}/alarm/meter-feed`) ?? '', '');
  await world.stop();
});

test('a row of the journal that is no JSON is as lost as one that never was', async () => {
  const world = await new World().start();
  await world.stop();
  for (const key of world.store.entries(RACK).keys()) world.store.entries(RACK).set(key, '{"at":');
  await world.start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(20_000);
  assert.ok(world.phases(id).includes('metered'));
  await world.stop();
});
