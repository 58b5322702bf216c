import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetKinds } from '#protocol/order.ts';
import { issuerPolicy, RACK, SITE, World } from '#test/support/world.ts';

test('a shed is of the baseline, which a second order of the event does not move', async () => {
  const world = await new World().start();
  const first = await world.issue({ kind: 'shed', fraction: 0.3 });
  await world.clock.advance(30_000);
  assert.equal(world.says('power').line_w, 8470);
  assert.equal(world.phases(first.id).at(-1), 'holding');
  const second = await world.issue({ kind: 'shed', fraction: 0.5 });
  await world.clock.advance(30_000);
  assert.equal(world.says('power').line_w, 6050, 'half of 12,100 W, not of what the first has left');
  assert.equal(world.says('applied').orders.find(({ order }) => order === second.id)?.baseline_w, 12_100);
  await world.stop();
});

test('sheds of two programs compose as ceilings and are not summed, and the second says that it is stacked', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'shed', fraction: 0.5 });
  await world.clock.advance(30_000);
  const { id } = await world.issue({ kind: 'shed', fraction: 0.1 }, { event: '4cp-a', program: '4cp' });
  await world.clock.advance(30_000);
  assert.equal(
    world.says('power').line_w,
    Math.min(6050, ...world.says('applied').orders.map(({ level_w }) => level_w ?? 0)),
  );
  const applied = world.says('applied').orders.find(({ order }) => order === id);
  assert.match(applied?.baseline_method ?? '', /stacked/);
  await world.stop();
});

test('a shed by a nominated baseline is of the nomination', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'shed', watts: 4000 }, { scope: { site: SITE, to: `rack/${RACK}` }, baseline_w: 10_000 });
  await world.clock.advance(10_000);
  assert.equal(world.says('power').line_w, 6000);
  assert.equal(world.says('applied').orders[0]?.baseline_method, 'nominated in the order');
  await world.stop();
});

test('a setpoint is met from below within three percent, and moves with each renewal', async () => {
  const world = await new World().start();
  for (const watts of [8400, 6000]) {
    const { id } = await world.issue({ kind: 'setpoint', fraction: watts / 12_000 });
    await world.clock.advance(30_000);
    assert.equal(world.phases(id).at(-1), 'holding');
    assert.ok(world.rack.watts() <= watts && world.rack.watts() > watts * 0.97, `${world.rack.watts()} of ${watts} W`);
  }
  await world.stop();
});

test('a setpoint that the rack’s steps cannot reach is partial: how far under is said', async () => {
  const world = await new World().start();
  // Three miners take 9,000 W, and the fourth cannot run on the 475 W that are left.
  const { id } = await world.issue({ kind: 'setpoint', fraction: 0.8 });
  await world.clock.advance(40_000);
  assert.match(world.step(id, 'partial').why, /W under the setpoint/);
  await world.stop();
});

test('a share gives each rack its part by its rated watts', async () => {
  const world = await new World().start();
  // 12 kW of 1.2 MW: this rack takes a hundredth.
  await world.issue({ kind: 'ceiling', watts: 480_000, of_w: 1_200_000 });
  await world.clock.advance(30_000);
  assert.equal(world.says('power').line_w, 4800);
  await world.stop();
});

test('orders to the rack’s group and to the rack itself bind it, and those to others do not', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'ceiling', fraction: 0.1 }, { scope: { site: SITE, to: 'group/row-b' } });
  await world.issue({ kind: 'ceiling', fraction: 0.2 }, { scope: { site: SITE, to: 'rack/r08' } });
  await world.issue({ kind: 'ceiling', fraction: 0.7 }, { scope: { site: SITE, to: 'group/row-a' } });
  await world.clock.advance(5000);
  assert.equal(world.says('power').line_w, 8400);
  await world.issue({ kind: 'ceiling', watts: 6000 }, { scope: { site: SITE, to: `rack/${RACK}` } });
  await world.clock.advance(5000);
  assert.equal(world.says('power').line_w, 6000);
  await world.stop();
});

/** Whose issuer may use every kind. */
const everyKind = {
  issuers: [{ ...issuerPolicy, id: 'qse-north', keys: ['qse-north-2026.pub'], may: [...targetKinds] }],
  limits: { restore_window_s: 0 },
};
const toThisRack = { scope: { site: SITE, to: `rack/${RACK}` } } as const;

test('a floor wakes what slept at home, and lets it sleep again when it is over', async () => {
  const world = await new World({ policy: everyKind }).start();
  for (const id of ['m02', 'm03', 'm04']) world.rack.miner(id).powerOff();
  await world.clock.advance(40_000);
  const { id } = await world.issue({ kind: 'floor', watts: 6000 }, { ...toThisRack, forS: 600 });
  await world.clock.advance(400_000);
  assert.ok(world.rack.watts() >= 5900, `${world.rack.watts()} W`);
  assert.ok(world.phases(id).includes('metered'), world.phases(id).join());
  await world.clock.advance(300_000);
  assert.deepEqual(world.asleep(), ['m02', 'm03', 'm04']);
  await world.stop();
});

test('an armed trip cuts when the grid’s frequency falls, and not on a voltage sag, which is counted', async () => {
  const policy = { ...everyKind, frequency: { trip: 'armed', nominal_v: 240 } };
  const world = await new World({ policy }).start();
  const { id } = await world.issue({ kind: 'trip', below_hz: 59.7, watts: 6000, hold_s: 60 }, toThisRack);
  world.rack.feed.voltageV.moveTo(180, 0);
  world.rack.feed.frequencyHz.moveTo(59.5, 1000);
  await world.clock.advance(5000);
  assert.deepEqual(world.asleep(), []);
  assert.equal(world.says('power').voltage_sags, 1);
  world.rack.feed.voltageV.moveTo(240, 0);
  await world.clock.advance(30_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  assert.match(world.step(id, 'acting').why, /59\.50\d Hz, seen \d+ ms ago, is below 59\.7 Hz/);
  await world.stop();
});
