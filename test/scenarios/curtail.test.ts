import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '#test/support/world.ts';

test('an order is carried out, proved by the meter, and the rack restored', async () => {
  const world = await new World().start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  console.log(
    world.phases(id),
    world.asleep(),
    world.rack.watts(),
    world.events.map((e) => `${e.at} ${e.phase} ${e.power_w} ${e.why}`),
  );
  await world.clock.advance(700_000);
  console.log(
    world.phases(id),
    world.asleep(),
    world.rack.watts(),
    world.events.slice(-4).map((e) => `${e.at} ${e.phase} ${e.power_w} ${e.why}`),
  );
  console.log(JSON.stringify(Object.fromEntries(world.said), null, 1).slice(0, 6000));
  assert.ok(world.phases(id).includes('restored'));
  await world.stop();
});
