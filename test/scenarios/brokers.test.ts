import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Watcher } from '#test/support/watcher.ts';
import { World } from '#test/support/world.ts';

/** The second of two brokers that are not bridged, and who watches there. */
function secondOf(world: World) {
  const [, broker] = world.brokers;
  if (!broker) throw new Error('the world has one broker');
  return { broker, watcher: new Watcher(broker) };
}

test('the same order from two brokers counts once', async () => {
  const world = await new World({ brokers: 2 }).start();
  const { broker, watcher } = secondOf(world);
  const order = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.publish(order, broker);
  await world.clock.advance(30_000);
  const underway = ['received', 'accepted', 'acting', 'acknowledged', 'confirmed', 'metered', 'holding'];
  assert.deepEqual(world.phases(order.id), underway);
  assert.deepEqual(watcher.phases(order.id), underway, 'both brokers are told the same');
  assert.deepEqual(
    watcher.acks.map(({ result }) => result),
    ['accepted', 'repeat'],
  );
  assert.deepEqual(
    world.rack.miners.map(({ writes }) => writes.length),
    [0, 1, 1, 1],
  );
  await world.stop();
});

test('one of two brokers dies in mid-event: the event goes on, and is ended by the other', async () => {
  const world = await new World({ brokers: 2 }).start();
  const { broker, watcher } = secondOf(world);
  const order = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  world.broker.offline();
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  assert.equal(watcher.says('state').status, 'online');
  const release = await world.order({ kind: 'release' });
  await world.publish(release, broker);
  await world.clock.advance(120_000);
  assert.deepEqual(world.asleep(), []);
  assert.ok(watcher.phases(order.id).includes('ended'));
  assert.equal(watcher.phases(release.id).at(-1), 'restored');
  assert.equal(watcher.evidence.length, 1);
  assert.deepEqual(watcher.history, [], 'somebody was told at once');

  // The order is still retained there.
  world.broker.online();
  await world.clock.advance(90_000);
  assert.deepEqual(world.asleep(), [], 'what the dead broker still retains was superseded');
  assert.equal(world.step(order.id, 'refused').code, 'superseded');
  assert.equal(world.says('state').mode, 'normal');
  await world.stop();
});

test('an issuer who reaches only one broker is obeyed', async () => {
  const world = await new World({ brokers: 2 }).start();
  const { broker, watcher } = secondOf(world);
  world.broker.offline();
  const order = await world.order({ kind: 'ceiling', fraction: 0.4 });
  await world.publish(order, broker);
  await world.clock.advance(30_000);
  assert.equal(watcher.phases(order.id).at(-1), 'holding');
  await world.stop();
});

test('an alarm that is over before the broker comes back does not stay there for ever', async () => {
  const world = await new World().start();
  world.rack.miner('m01').faults.refusesConnections = true;
  await world.clock.advance(30_000);
  assert.deepEqual(world.alarms(), ['alarm/device-m01']);
  world.broker.offline();
  world.rack.miner('m01').faults.refusesConnections = false;
  await world.clock.advance(60_000);
  assert.deepEqual(world.alarms(), ['alarm/device-m01'], 'nobody can take it back yet');
  world.broker.online();
  await world.clock.advance(60_000);
  assert.deepEqual(world.alarms(), []);
  await world.stop();
});

test('whoever asks at the rack is told how long ago each broker was heard', async () => {
  const world = await new World().start();
  const age = () => world.agent.status().brokers[0]?.ageMs ?? Number.NaN;
  assert.ok(age() <= 1000, 'each publish is answered');
  world.broker.offline();
  await world.clock.advance(30_000);
  assert.ok(age() >= 30_000);
  world.broker.online();
  await world.clock.advance(60_000);
  assert.ok(age() <= 1000);
  await world.stop();
});
