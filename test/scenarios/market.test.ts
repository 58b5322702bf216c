import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '#protocol/order.ts';
import { issuerPolicy, World } from '#test/support/world.ts';

const policy = {
  limits: { restore_window_s: 30 },
  // At 48 USD/MWh the four of them earn from 80 down to 53: 3000 W for 120 to 90 TH/s.
  market: { hash_usd_per_ph_day: 48, margin: 0 },
  miners: { min_on_s: 0, min_off_s: 0 },
};
const price = (usd: number): Target => ({ kind: 'market', energy_usd_per_mwh: usd });
const prices = { program: 'price', event: 'prices-a' };

async function pricedWorld(): Promise<World> {
  const issuers = [
    {
      ...issuerPolicy,
      id: 'qse-north',
      keys: ['qse-north-2026.pub'],
      may: [...issuerPolicy.may, 'market'],
      programs: ['ecrs', 'price'],
    },
  ];
  return await new World({ policy: { ...policy, issuers } }).start();
}

test('miners that earn less than energy costs go to rest one after the other, and come back when it is cheap', async () => {
  const world = await pricedWorld();
  const first = await world.issue(price(200), prices);
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), ['m01', 'm02', 'm03', 'm04']);
  assert.deepEqual(world.phases(first.id), ['received', 'accepted', 'acting']);
  assert.match(
    world.says('device', 'device/m04').why,
    /energy at 200\.00 USD\/MWh costs more than the \d+\.\d\d it earns/,
  );
  await world.issue(price(20), prices);
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('what a price let rest is restored after the order, and an agent that is killed meanwhile does so too', async () => {
  const world = await pricedWorld();
  await world.issue(price(200), { ...prices, forS: 120 });
  await world.clock.advance(60_000);
  world.kill();
  await world.start();
  assert.deepEqual(world.asleep(), ['m01', 'm02', 'm03', 'm04'], 'it goes on resting');
  await world.clock.advance(150_000);
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('info tells the bid curve: what earns least first, at the price from which resting pays', async () => {
  const world = await pricedWorld();
  const { down_curve, down_w, up_w } = world.says('info');
  const asked = down_curve.map(({ usd_per_mwh }) => usd_per_mwh ?? 0);
  assert.deepEqual(
    asked,
    asked.toSorted((a, b) => a - b),
  );
  assert.equal(
    down_curve.reduce((sum, { watts }) => sum + watts, 0),
    down_w,
  );
  assert.equal(up_w, 0);
  await world.stop();
});
