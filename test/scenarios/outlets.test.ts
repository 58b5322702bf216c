import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { World } from '#test/support/world.ts';

/** A rack whose last miner refuses to sleep. */
async function rackWith(t: TestContext, outlet: 'never' | 'last_resort'): Promise<World> {
  const world = await new World({ pdu: true, policy: { miners: { outlet } } }).start();
  t.after(() => world.stop());
  world.rack.miner('m04').faults.refusesSleep = true;
  return world;
}

const isClosed = (world: World) => world.rack.miner('m04').energised;

test('a miner that will not sleep loses its power when the level cannot be met without, and gets it back', async (t) => {
  const world = await rackWith(t, 'last_resort');
  const { id } = await world.issue({ kind: 'ceiling', watts: 500 }, { scope: { site: 'tx1', to: 'rack/r07' } });
  await world.clock.advance(4000);
  assert.ok(isClosed(world), 'it was told only twice by now');
  await world.clock.advance(60_000);
  assert.ok(!isClosed(world));
  assert.equal(world.says('device', 'device/m04').state, 'unpowered');
  assert.ok(world.phases(id).includes('metered'));

  world.rack.miner('m04').faults.refusesSleep = false;
  await world.clock.advance(1_200_000);
  assert.ok(isClosed(world));
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), []);
});

test('as long as others can be cut in its place, a miner that will not sleep keeps its power', async (t) => {
  const world = await rackWith(t, 'last_resort');
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.5 });
  await world.clock.advance(60_000);
  assert.ok(isClosed(world));
  assert.ok(world.phases(id).includes('metered'));
});

test('unless the policy allows it, no outlet is ever opened, and the order is partial', async (t) => {
  const world = await rackWith(t, 'never');
  const { id } = await world.issue({ kind: 'ceiling', watts: 500 }, { scope: { site: 'tx1', to: 'rack/r07' } });
  await world.clock.advance(300_000);
  assert.ok(isClosed(world));
  assert.equal(world.phases(id).at(-1), 'partial');
  assert.match(world.events.at(-1)?.why ?? '', /m04: the miner refused power_off/);
});

test('without its feed meter the rack tells its watts by the outlets', async (t) => {
  const world = await rackWith(t, 'never');
  world.rack.meter.faults.silent = true;
  await world.clock.advance(20_000);
  const { power_from, power_w } = world.says('power');
  assert.equal(power_from, 'outlets');
  assert.ok(Math.abs((power_w ?? 0) - world.rack.watts()) < 20, `${power_w} W`);
});
