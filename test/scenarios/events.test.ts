import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ISSUER, RACK, SECOND_ISSUER, SITE, World } from '#test/support/world.ts';

/** Write commands that each miner got. */
const writes = ({ rack }: World) => rack.miners.map((miner) => [...miner.writes]);

test('an event renewed every minute with shed 0.6 stays at 40 % of its first baseline', async () => {
  const world = await new World().start();
  const levels = new Set<number | null | undefined>();
  await world.issue({ kind: 'shed', fraction: 0.6 });
  await world.clock.advance(60_000);
  const cut = writes(world);
  for (let minute = 1; minute <= 15; minute++) {
    const { id } = await world.issue({ kind: 'shed', fraction: 0.6 });
    await world.clock.advance(60_000);
    assert.equal(world.phases(id).at(-1), 'holding');
    const applied = world.says('applied').orders.find(({ order }) => order === id);
    levels.add(applied?.level_w);
    assert.equal(applied?.baseline_w, 12_100);
  }
  assert.deepEqual([...levels], [4840]);
  assert.ok(world.rack.watts() <= 4840 && world.rack.watts() > 0.97 * 4840, `${world.rack.watts()} W`);
  assert.deepEqual(writes(world), cut, 'a renewal moves nothing');
  assert.deepEqual(world.alarms(), []);
  await world.clock.advance(900_000);
  assert.deepEqual(world.asleep(), []);
  assert.deepEqual(
    world.evidence.map(({ baseline_w, orders }) => [baseline_w, orders.length]),
    [[12_100, 16]],
    'one record for the whole event',
  );
  await world.stop();
});

test('a rack that boots in mid-event and was never cut measures its baseline before it obeys a shed', async () => {
  const world = new World();
  const { id } = await world.issue({ kind: 'shed', fraction: 0.6 });
  await world.clock.advance(60_000);
  await world.start();
  await world.clock.advance(30_000);
  assert.equal(world.phases(id).at(-1), 'holding');
  const [applied] = world.says('applied').orders;
  assert.equal(applied?.baseline_w, 12_100);
  assert.match(applied?.baseline_method ?? '', /^metered mean/);
  await world.stop();
});

for (const first of ['ecrs', '4cp'] as const) {
  test(`of two programs that overlap, ${first} may end first: the other holds, and the rack ends at home`, async () => {
    const world = await new World().start();
    const ecrs = await world.issue({ kind: 'shed', fraction: 0.3 }, { forS: first === 'ecrs' ? 600 : 1000 });
    // Longer than the five minutes that a baseline is the mean of.
    await world.clock.advance(330_000);
    const change = { program: '4cp', event: '4cp-a', issuer: SECOND_ISSUER, forS: 500 };
    const fourCp = await world.issue({ kind: 'shed', fraction: 0.3 }, change);
    await world.clock.advance(60_000);
    const of = (order: string) => world.says('applied').orders.find((each) => each.order === order);
    assert.equal(of(ecrs.id)?.level_w, 8470, '70 % of 12,100 W');
    assert.match(of(fourCp.id)?.baseline_method ?? '', /stacked on the cuts of another event/);
    assert.doesNotMatch(of(ecrs.id)?.baseline_method ?? '', /stacked/);
    const lower = of(fourCp.id)?.level_w ?? 0;
    assert.ok(lower < 0.7 * 8470 + 1 && lower > 0.65 * 8470, `${lower} W is 70 % of what the first had left`);
    assert.equal(world.says('power').line_w, lower);

    await world.clock.advance(first === 'ecrs' ? 300_000 : 510_000);
    assert.equal(world.says('power').line_w, first === 'ecrs' ? lower : 8470);
    const [gone, staying] = first === 'ecrs' ? [ecrs, fourCp] : [fourCp, ecrs];
    assert.deepEqual(world.phases(gone.id).slice(-2), ['ended', 'restored']);
    assert.equal(of(staying.id)?.phase, 'holding');

    await world.clock.advance(700_000);
    assert.equal(world.phases(staying.id).at(-1), 'restored');
    assert.deepEqual(world.asleep(), []);
    assert.equal(world.rack.watts(), 12_100);
    assert.equal(world.evidence.length, 2);
    await world.stop();
  });
}

test('a broker that loses all it retained in mid-event ends nothing, and the next republication heals it', async () => {
  const world = await new World().start();
  const order = await world.issue({ kind: 'shed', fraction: 0.6 });
  await world.clock.advance(60_000);
  const cut = writes(world);
  world.broker.offline();
  world.broker.clearRetained();
  world.broker.online();
  await world.clock.advance(60_000);
  assert.deepEqual(world.says('applied').orders[0]?.phase, 'holding', 'the rack has said again what it had said');
  await world.publish(order);
  world.kill();
  await world.start();
  await world.clock.advance(60_000);
  assert.deepEqual(writes(world), cut);
  assert.equal(world.says('applied').orders[0]?.baseline_w, 12_100);
  assert.ok(!world.phases(order.id).includes('ended'));
  await world.stop();
});

test('of setpoints renewed every two seconds the last one stands', async () => {
  const world = await new World().start();
  const levels = [9000, 8400, 7800, 8600, 7700, 8000, 7900, 8800, 7800, 8100];
  let last = '';
  for (const watts of levels) {
    last = (await world.issue({ kind: 'setpoint', fraction: watts / 12_000 }, { forS: 600 })).id;
    await world.clock.advance(2000);
  }
  // The one that the first of them put to sleep is woken to follow with its dial, and rests again once the signal is calm.
  await world.clock.advance(400_000);
  assert.equal(world.says('power').line_w, 8100);
  assert.deepEqual(
    world.says('applied').orders.map(({ order, phase }) => [order, phase]),
    [[last, 'holding']],
  );
  const off = world.rack.watts() / 8100 - 1;
  assert.ok(off <= 0 && off > -0.03, `${(100 * off).toFixed(1)} % off`);
  assert.deepEqual(new Set(world.rack.miner('m03').writes), new Set(['set_power_pct']), 'it only turned its dial');
  assert.deepEqual(
    world.rack.miner('m04').writes.filter((write) => write !== 'set_power_pct'),
    ['power_off', 'power_on', 'power_off'],
  );
  await world.stop();
});

test('among setpoints the lower priority number goes first, and of equals the lower watts', async () => {
  const world = await new World().start();
  const setpoint = (watts: number, priority: number, program: string, issuer: string) =>
    world.issue({ kind: 'setpoint', fraction: watts / 12_000 }, { priority, program, issuer, event: `e-${watts}` });
  await setpoint(6000, 5, 'ecrs', SECOND_ISSUER);
  await setpoint(9000, 1, '4cp', SECOND_ISSUER);
  await world.clock.advance(5000);
  assert.equal(world.says('power').line_w, 9000);
  const { id } = await setpoint(8000, 1, 'ecrs', 'qse-north');
  await world.clock.advance(5000);
  assert.equal(world.says('power').line_w, 8000);
  await world.issue({ kind: 'release' }, { event: 'e-8000' });
  await world.clock.advance(90_000);
  assert.equal(world.says('power').line_w, 9000);
  assert.ok(world.phases(id).includes('ended'));
  await world.stop();
});

test('a setpoint is clamped by a ceiling, and the ceiling’s end gives it back', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'setpoint', fraction: 0.75 }, { event: 'level' });
  await world.issue({ kind: 'ceiling', watts: 6000 }, { forS: 60, scope: { site: SITE, to: `rack/${RACK}` } });
  await world.clock.advance(30_000);
  assert.equal(world.says('power').line_w, 6000);
  await world.clock.advance(120_000);
  assert.equal(world.says('power').line_w, 9000);
  await world.stop();
});

test('two issuers may call their orders by the same id, and each is followed by itself', async (t) => {
  const world = await new World().start();
  t.after(() => world.stop());
  await world.issue({ kind: 'ceiling', fraction: 0.9 }, { id: 'same', forS: 60 });
  await world.issue({ kind: 'ceiling', fraction: 0.4 }, { id: 'same', issuer: SECOND_ISSUER, event: 'theirs' });
  await world.clock.advance(120_000);
  const phasesOf = (issuer: string) => world.events.filter((each) => each.issuer === issuer).map(({ phase }) => phase);
  assert.ok(phasesOf(ISSUER).includes('ended'));
  assert.ok(phasesOf(SECOND_ISSUER).includes('holding'));
  assert.ok(!phasesOf(SECOND_ISSUER).includes('ended'));
});
