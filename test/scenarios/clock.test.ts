import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Order, Target } from '#protocol/order.ts';
import { timestampOf } from '#protocol/time.ts';
import { World } from '#test/support/world.ts';

const HOUR_MS = 3_600_000;
const BEHIND_MS = 2 * HOUR_MS;
const cut: Target = { kind: 'ceiling', fraction: 0.4 };

for (const [way, jumpMs] of [
  ['ahead', HOUR_MS],
  ['back', -HOUR_MS],
] as const) {
  test(`an order ends when its own time is over, though the clock was set an hour ${way} in mid-event`, async () => {
    const world = await new World().start();
    const { id } = await world.issue(cut, { forS: 300 });
    await world.clock.advance(60_000);
    // Setting the clock by hand takes the kernel's word that it is right away.
    world.clockQuality = 'bad';
    world.clock.jumpWall(jumpMs);
    await world.clock.advance(120_000);
    assert.equal(world.says('applied').orders[0]?.phase, 'holding');
    assert.deepEqual(world.alarms(), ['alarm/clock']);
    await world.clock.advance(119_000);
    assert.ok(!world.phases(id).includes('ended'));
    await world.clock.advance(2000);
    assert.equal(world.phases(id).at(-1), 'ended');
    await world.clock.advance(90_000);
    assert.deepEqual(world.asleep(), []);
    assert.equal(new Date(world.says('power').at).getTime(), world.clock.wall() - jumpMs, 'its time has not jumped');

    world.clockQuality = 'good';
    await world.clock.advance(61_000);
    assert.equal(new Date(world.says('power').at).getTime(), world.clock.wall(), 'the kernel vouches for the new time');
    assert.deepEqual(world.alarms(), []);
    const next = await world.issue(cut, { event: 'ecrs-b' });
    await world.clock.advance(30_000);
    assert.equal(world.phases(next.id).at(-1), 'holding');
    await world.stop();
  });
}

test('a clock that jumps and comes back within the minute changes nothing', async () => {
  const world = await new World().start();
  await world.issue(cut, { forS: 300 });
  await world.clock.advance(30_000);
  world.clock.jumpWall(HOUR_MS);
  await world.clock.advance(50_000);
  world.clock.jumpWall(-HOUR_MS);
  await world.clock.advance(60_000);
  assert.equal(world.says('applied').orders[0]?.phase, 'holding');
  assert.deepEqual(world.alarms(), []);
  await world.stop();
});

/** What an issuer signs who knows the time, with an interval in seconds from then. */
function inTrueTime(world: World, target: Target, fromS: number, untilS: number) {
  const at = (s: number) => timestampOf(world.clock.wall() + BEHIND_MS + s * 1000);
  return { issued_at: at(0), intervals: [{ from: at(fromS), until: at(untilS), target }] };
}

test('while the clock is not set a lowering order runs from receipt for its own duration', async () => {
  const world = await withoutTime();
  const { id } = await world.issue(cut, inTrueTime(world, cut, -300, 300));
  await world.clock.advance(599_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  assert.equal(world.phases(id).at(-1), 'holding');
  await world.clock.advance(90_000);
  assert.deepEqual(world.phases(id).slice(-2), ['ended', 'restored']);
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('while the clock is not set a release waits, and is taken once it is', async () => {
  const world = await withoutTime();
  const order = await world.issue(cut, inTrueTime(world, cut, -300, 3000));
  await world.clock.advance(30_000);
  const release = await world.issue({ kind: 'release' }, inTrueTime(world, { kind: 'release' }, 0, 600));
  await world.clock.advance(30_000);
  assert.equal(world.step(release.id, 'refused').code, 'clock_not_set');
  assert.deepEqual(world.asleep(), ['m03', 'm04']);

  await setClock(world);
  await world.publish(release);
  await world.clock.advance(90_000);
  assert.deepEqual(world.phases(release.id).slice(-2), ['acting', 'restored']);
  assert.ok(world.phases(order.id).includes('ended'));
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('an order taken without a clock goes on while the clock is set, and is then taken again by its own times', async () => {
  const world = await withoutTime();
  const order = await world.issue(cut, inTrueTime(world, cut, -300, 300));
  await world.clock.advance(60_000);
  await setClock(world);
  await world.clock.advance(58_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  assert.equal(world.phases(order.id).at(-1), 'holding', 'by the time that is now known it is not over');
  await world.publish(order);
  assert.equal(world.acks.at(-1)?.result, 'accepted', 'without a clock it had not taken its place in the sequence');
  await world.clock.advance(119_000);
  assert.ok(!world.phases(order.id).includes('ended'));
  await world.clock.advance(2000);
  assert.equal(world.phases(order.id).at(-1), 'ended');
  await world.clock.advance(90_000);
  assert.equal(world.phases(order.id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

/** An order of 600 s, half of them over: taken while nobody vouches for the clock, and again 60 s later, with one. */
async function takenTwice(): Promise<{ world: World; order: Order }> {
  const world = new World();
  world.clockQuality = 'bad';
  await world.start();
  const at = (s: number) => timestampOf(world.clock.wall() + s * 1000);
  const order = await world.issue(cut, { intervals: [{ from: at(-300), until: at(300), target: cut }] });
  await world.clock.advance(60_000);
  world.clockQuality = 'good';
  await world.publish(order);
  return { world, order };
}

test('an order taken while nobody vouched for the clock ends by its own times once somebody does', async () => {
  const { world, order } = await takenTwice();
  await world.clock.advance(239_000);
  assert.equal(world.phases(order.id).at(-1), 'holding');
  await world.clock.advance(2000);
  assert.equal(world.phases(order.id).at(-1), 'ended', 'not 600 s after its receipt');
  await world.stop();
});

test('what was taken without a clock, and then with one, does not come back at a restart for longer', async () => {
  const { world, order } = await takenTwice();
  await world.clock.advance(241_000);
  assert.equal(world.phases(order.id).at(-1), 'ended');
  world.kill();
  await world.start();
  await world.clock.advance(90_000);
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

/** The rack has no time of its own: its clock is two hours behind, and the kernel says so. */
async function withoutTime(): Promise<World> {
  const world = new World();
  world.clockQuality = 'bad';
  return await world.start();
}

/** Somebody sets the clock, and the rack believes it a minute later. */
async function setClock(world: World): Promise<void> {
  world.clock.jumpWall(BEHIND_MS);
  world.clockQuality = 'good';
  await world.clock.advance(62_000);
}
