import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '#protocol/order.ts';
import { RACK, World } from '#test/support/world.ts';

const shed: Target = { kind: 'shed', fraction: 0.6 };
const fourWithOneAsleep = [1, 2, 3, 4].map((n) => ({
  id: `m0${n}`,
  ratedW: 3000,
  ratedThs: 130 - 10 * n,
  asleep: n === 4,
}));

/** An event in which m03 and perhaps others rest, m04 having slept before. */
async function inMidEvent(): Promise<{ world: World; id: string }> {
  const world = await new World({ miners: fourWithOneAsleep }).start();
  const { id } = await world.issue(shed);
  await world.clock.advance(60_000);
  assert.equal(world.phases(id).at(-1), 'holding');
  return { world, id };
}

test('a rack that loses its journal in mid-event finishes it on its first baseline, and every miner ends at home', async () => {
  const { world, id } = await inMidEvent();
  const { writes } = world.rack.miner('m03');
  world.kill();
  world.store.entries(RACK).clear();
  await world.start();
  await world.clock.advance(60_000);
  const [applied] = world.says('applied').orders;
  assert.deepEqual([applied?.baseline_w, applied?.level_w], [9120, 3648]);
  assert.deepEqual(writes, ['power_off'], 'nothing is cut twice');
  assert.deepEqual(world.alarms(), []);
  await world.clock.advance(700_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), ['m04']);
  assert.deepEqual(world.rack.miner('m04').writes, []);
  await world.stop();
});

test('a rack whose full disk kept it from writing down an event still wakes what it moved, on the word it gave', async () => {
  const world = await new World({ miners: fourWithOneAsleep }).start();
  world.store.fail = true;
  const { id } = await world.issue(shed, { forS: 120 });
  await world.clock.advance(60_000);
  assert.equal(world.phases(id).at(-1), 'holding');
  world.kill();
  await world.clock.advance(120_000);
  await world.start();
  await world.clock.advance(120_000);
  assert.deepEqual(world.asleep(), ['m04']);
  assert.equal(world.rack.miner('m02').percent, 100);
  await world.stop();
});

test('a rack that restarts on a full disk in mid-event stays on its first baseline', async () => {
  const world = await new World({ miners: fourWithOneAsleep }).start();
  world.store.fail = true;
  await world.issue(shed);
  await world.clock.advance(60_000);
  world.kill();
  await world.start();
  await world.clock.advance(60_000);
  const [applied] = world.says('applied').orders;
  assert.deepEqual([applied?.baseline_w, applied?.level_w], [9120, 3648]);
  assert.deepEqual(world.rack.miner('m03').writes, ['power_off'], 'nothing is cut twice');
  await world.stop();
});

test('the rack’s own word from before is believed only with its signature', async () => {
  const { world } = await inMidEvent();
  const topic = `ballast/v1/tx1/rack/${RACK}/applied`;
  const said = world.says('applied');
  world.kill();
  world.store.entries(RACK).clear();
  const orders = said.orders.map((order) => ({ ...order, baseline_w: 99_999 }));
  world.broker.publish(topic, JSON.stringify({ ...said, orders }), true);
  await world.start();
  assert.notEqual(world.says('applied').orders[0]?.baseline_w, 99_999);
  assert.deepEqual(world.alarms(), ['alarm/home-assumed']);
  await world.stop();
});

test('with journal and broker’s memory both lost the homes are assumed, said so, and the alarm clears when they are known', async () => {
  const { world, id } = await inMidEvent();
  const order = JSON.parse(world.broker.retained('ballast/v1/tx1/order/qse-north/ecrs/all') ?? '');
  world.kill();
  world.store.entries(RACK).clear();
  world.broker.clearRetained();
  world.said.clear();
  world.broker.publish('ballast/v1/tx1/order/qse-north/ecrs/all', JSON.stringify(order), true);
  await world.start();
  await world.clock.advance(30_000);
  assert.deepEqual(world.alarms(), ['alarm/home-assumed']);
  const { severity, message } = world.says('alarm', 'alarm/home-assumed');
  assert.equal(severity, 'warning');
  assert.match(message, /m01, m02, m03, m04/);
  assert.ok(world.rack.watts() <= 0.4 * 12_100, `${world.rack.watts()} W`);
  const [applied] = world.says('applied').orders;
  assert.equal(applied?.baseline_method, 'the nameplates of what runs at home', 'never measured once a cut began');

  await world.clock.advance(1_200_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), [], 'm04 slept before, which nobody can know any more');
  assert.deepEqual(world.alarms(), []);
  await world.stop();
});

test('a rack whose journal is lost while its broker is away learns its homes when the broker is back', async () => {
  const { world, id } = await inMidEvent();
  world.kill();
  world.store.entries(RACK).clear();
  world.broker.offline();
  await world.start();
  await world.clock.advance(60_000);
  world.kill();
  await world.start();
  await world.clock.advance(120_000);
  assert.equal(world.says('applied').orders[0]?.baseline_w, 9120);
  await world.clock.advance(700_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), ['m04']);
  await world.stop();
});
