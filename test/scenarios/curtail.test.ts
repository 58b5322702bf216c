import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staggerMs } from '#agent/decide/stagger.ts';
import type { DeviceStatus } from '#protocol/telemetry.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import { RACK, World } from '#test/support/world.ts';

/** Miners of 3,000 W that are awake, and as many that sleep, best value per watt first. */
const miners = (awake: number, sleeping = 0) =>
  Array.from({ length: awake + sleeping }, (_, i) => ({
    id: `m0${i + 1}`,
    ratedW: 3000,
    ratedThs: 130 - 10 * i,
    asleep: i >= awake,
  }));

/** What the rack may draw by the settings its miners have been given, once they have all settled. */
function wantedW({ rack }: World): number {
  return rack.miners.reduce((sum, miner) => sum + miner.settledW, rack.otherLoads.watts());
}

test('an order is carried out, proved by the meter, and the rack restored', async () => {
  const world = await new World().start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 60 });
  await world.clock.advance(30_000);
  const underway = ['received', 'accepted', 'acting', 'acknowledged', 'confirmed', 'metered', 'holding'];
  assert.deepEqual(world.phases(id), underway);
  const actingMs = epochMs(world.step(id, 'acting').at);
  assert.ok(
    epochMs(world.step(id, 'confirmed').at) < actingMs + 1000,
    'what was asked is looked at before the next tick',
  );
  assert.ok(world.rack.watts() <= 4800, `${world.rack.watts()} W`);
  assert.deepEqual(world.asleep(), ['m03', 'm04'], 'the least efficient rest');
  assert.equal(world.rack.miner('m01').watts(), 3000, 'the most efficient runs on');
  assert.equal(world.says('state').mode, 'curtailed');
  const [applied] = world.says('applied').orders;
  assert.deepEqual(
    [applied?.order, applied?.phase, applied?.level_w, applied?.baseline_w],
    [id, 'holding', 4800, 12100],
  );
  assert.deepEqual(
    world.acks.map(({ type, id: about, result }) => [type, about, result]),
    [['order', id, 'accepted']],
  );

  await world.clock.advance(600_000);
  assert.deepEqual(world.phases(id), [...underway, 'ended', 'restored']);
  assert.equal(world.rack.watts(), 12_100);
  assert.equal(world.says('state').mode, 'normal');
  assert.equal(world.says('applied').orders_in_force, 0);
  const [finished] = world.says('applied').finished ?? [];
  assert.deepEqual(Object.keys(finished?.reached ?? {}), [...underway, 'ended', 'restored'], 'who looks later sees it');
  assert.deepEqual([finished?.order, finished?.level_w, finished?.baseline_w], [id, 4800, 12100]);
  await world.stop();
});

test('nothing is said about a cut before the miners have been told', async () => {
  const world = await new World().start();
  const told: string[][] = [];
  world.broker.subscribe('ballast/v1/+/rack/+/device/m04', (_topic, payload) => {
    if ((JSON.parse(payload) as DeviceStatus).want === 'asleep') told.push([...world.rack.miner('m04').writes]);
  });
  await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(1000);
  assert.deepEqual(told[0], ['power_off']);
  await world.stop();
});

test('the record of an event goes from receipt to meter samples, and the next one is chained to it', async () => {
  const world = await new World().start();
  for (const event of ['ecrs-a', 'ecrs-b']) {
    await world.issue({ kind: 'ceiling', fraction: 0.4 }, { event, forS: 30 });
    await world.clock.advance(120_000);
  }
  const [first, second] = world.evidence;
  assert.ok(first && second);
  assert.deepEqual([first.event, first.baseline_w, first.prev_hash], ['ecrs-a', 12100, null]);
  assert.deepEqual([first.steps[0]?.phase, first.steps.at(-1)?.phase], ['received', 'restored']);
  assert.ok(first.samples.some(([, watts]) => watts !== null && watts <= 4800));
  assert.match(second.prev_hash ?? '', /^[0-9a-f]{64}$/);
  await world.stop();
});

test('a release ends an event early', async () => {
  const world = await new World().start();
  const { id, event } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  const release = await world.issue({ kind: 'release' }, { event });
  await world.clock.advance(120_000);
  assert.equal(world.phases(id).at(-1), 'ended');
  assert.match(world.step(id, 'ended').why, new RegExp(`released by ${release.id}`));
  assert.deepEqual(world.phases(release.id), ['received', 'accepted', 'acting', 'restored']);
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('a successor takes over at its own first interval, and nothing is restored between', async () => {
  const world = await new World().start();
  const from = (s: number) => timestampOf(world.clock.wall() + s * 1000);
  const first = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 120 });
  await world.clock.advance(30_000);
  const intervals = [{ from: from(60), until: from(300), target: { kind: 'ceiling', fraction: 0.2 } as const }];
  const second = await world.issue({ kind: 'ceiling', fraction: 0.2 }, { intervals });
  await world.clock.advance(59_000);
  assert.deepEqual(world.phases(second.id), ['received', 'scheduled']);
  assert.equal(world.says('power').line_w, 4800, 'on receipt nothing changes');
  await world.clock.advance(31_000);
  assert.equal(world.step(second.id, 'acting').at, intervals[0]?.from, 'at its own first moment, not at the next tick');
  assert.ok(world.phases(second.id).includes('metered'));
  assert.equal(world.says('power').line_w, 2400);
  assert.equal(world.phases(first.id).at(-1), 'ended', 'only the last of an event is restored');
  assert.ok(!world.rack.miners.some(({ writes }) => writes.includes('power_on')));
  await world.stop();
});

test('an order of several intervals moves the level at each of them', async () => {
  const world = await new World().start();
  const at = (s: number) => timestampOf(epochMs('2026-11-21T21:00:08Z') + s * 1000);
  const levels = [0.7, 0.4, 0.9].map((fraction, i) => ({
    from: at(60 * i),
    until: at(60 * (i + 1)),
    target: { kind: 'ceiling', fraction } as const,
  }));
  const { id } = await world.issue({ kind: 'ceiling', fraction: 1 }, { intervals: levels });
  const lines: (number | null)[] = [];
  for (let i = 0; i < 3; i++) {
    await world.clock.advance(30_000);
    lines.push(world.says('power').line_w);
    await world.clock.advance(30_000);
  }
  assert.deepEqual(lines, [8400, 4800, 10_800]);
  assert.equal(world.phases(id).filter((phase) => phase === 'acting').length, 3);
  await world.stop();
});

test('a miner that slept before the order stays asleep after it', async () => {
  const world = await new World({ miners: miners(3, 1) }).start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.3 }, { forS: 120 });
  await world.clock.advance(30_000);
  assert.deepEqual(world.asleep(), ['m02', 'm03', 'm04']);
  await world.clock.advance(240_000);
  assert.ok(world.phases(id).includes('restored'));
  assert.deepEqual(world.asleep(), ['m04']);
  assert.deepEqual(world.rack.miner('m04').writes, []);
  await world.stop();
});

test('a protected miner is left alone, and a fraction is of the others', async () => {
  const world = await new World({ policy: { protect: ['m04'] } }).start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  assert.deepEqual(world.rack.miner('m04').writes, []);
  assert.equal(world.says('power').line_w, 3600);
  assert.ok(world.rack.watts() <= 3600, `${world.rack.watts()} W`);
  await world.stop();
});

test('no order takes the rack below the policy’s minimum', async () => {
  const world = await new World({ policy: { limits: { min_w: 3500, restore_window_s: 60 } } }).start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0 });
  await world.clock.advance(30_000);
  assert.deepEqual(world.asleep(), ['m02', 'm03', 'm04']);
  assert.match(world.step(id, 'acting').why, /at most 3500 W, the policy’s minimum/);
  await world.stop();
});

test('the return waits for the delay that this rack derives for itself', async () => {
  const world = await new World().start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 60 });
  await world.clock.advance(60_000);
  assert.equal(world.phases(id).at(-1), 'ended');
  const delayMs = staggerMs(RACK, 'qse-north/ecrs-a', 60);
  assert.ok(delayMs > 5000 && delayMs < 60_000, `a delay of ${delayMs} ms shows nothing`);
  await world.clock.advance(delayMs - 1000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.clock.advance(3000);
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});

test('the way up is no faster than the order’s ramp', async () => {
  const world = await new World({ policy: { limits: { restore_window_s: 0 } } }).start();
  const ramp = { down_w_per_s: null, up_w_per_s: 200 };
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.2 }, { forS: 60, ramp });
  await world.clock.advance(60_000);
  const allowed: number[] = [];
  for (let s = 1; s <= 60; s++) {
    await world.clock.advance(1000);
    allowed.push(2400 + 200 * s - wantedW(world));
  }
  assert.ok(Math.min(...allowed) >= 0, `it went ${-Math.min(...allowed)} W over the ramp`);
  assert.equal(wantedW(world), 12_100);
  assert.ok(world.phases(id).includes('restored'));
  await world.stop();
});

test('the way down is no faster than the order’s ramp', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'ceiling', fraction: 0 }, { ramp: { down_w_per_s: 500, up_w_per_s: null } });
  const asleep: string[][] = [];
  for (let s = 1; s <= 24; s++) {
    await world.clock.advance(1000);
    if (s % 6 === 4) asleep.push(world.asleep());
  }
  // A miner of 3,000 W takes six seconds of such a ramp.
  assert.deepEqual(asleep, [['m04'], ['m03', 'm04'], ['m02', 'm03', 'm04'], ['m01', 'm02', 'm03', 'm04']]);
  await world.stop();
});

test('of two orders the lower ceiling binds, and the end of it is not the end of the other', async () => {
  const world = await new World({ policy: { limits: { restore_window_s: 0 } } }).start();
  await world.issue({ kind: 'ceiling', fraction: 0.7 }, { event: 'long', program: '4cp' });
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.3 }, { event: 'short', forS: 60 });
  await world.clock.advance(30_000);
  assert.equal(world.says('power').line_w, 3600);
  await world.clock.advance(60_000);
  assert.equal(world.says('power').line_w, 8400);
  assert.match(world.step(id, 'restored').why, /other orders still bind: 4cp of qse-north/);
  await world.stop();
});

test('a rack that is not commissioned observes, refuses and touches nothing', async () => {
  const world = await new World({ observing: true }).start();
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  assert.equal(world.step(id, 'refused').code, 'not_commissioned');
  assert.equal(world.says('state').mode, 'observing');
  assert.ok(world.rack.miners.every(({ writes }) => writes.length === 0));
  await world.stop();
});
