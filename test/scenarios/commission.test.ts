import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Commissioning } from '#agent/parts.ts';
import { demoTiming } from '#test/simulator/whatsminer-spec.ts';
import type { WorldOptions } from '#test/support/world.ts';
import { World } from '#test/support/world.ts';

const two = [
  { id: 'm01', ratedW: 3000, ratedThs: 120, timing: demoTiming },
  { id: 'm02', ratedW: 3000, ratedThs: 110, timing: demoTiming },
];
const half = { kind: 'ceiling', fraction: 0.55 } as const;

async function uncommissioned(options: WorldOptions = {}): Promise<World> {
  return await new World({ observing: true, miners: two, pdu: true, ...options }).start();
}

/** Looks every few seconds until it is over. */
async function watched(
  world: World,
  untilS = 3600,
  isEnough = (_seen: Commissioning) => false,
): Promise<Commissioning> {
  for (let s = 0; s < untilS; s += 3) {
    const seen = world.agent.commissioner.look();
    if (!seen.running || isEnough(seen)) return seen;
    await world.clock.advance(3000);
  }
  return world.agent.commissioner.look();
}

async function commissioned(world: World): Promise<Commissioning> {
  assert.equal(world.agent.commissioner.begin(['m01', 'm02']), undefined);
  return await watched(world);
}

const findings = ({ results }: Commissioning) =>
  Object.fromEntries(results.map((each) => [each.device, each.findings]));
const atHome = ({ rack }: World) =>
  rack.miners.every(({ asleep, settledW, spec }) => !asleep && settledW === spec.ratedW);

test('a device that is being tried does not make the rack curtailed, and whoever asks is told which one it is', async () => {
  const world = await uncommissioned();
  await commissioned(world);
  assert.equal(world.agent.commissioner.begin(['m02']), undefined);
  await watched(world, 3600, ({ doing }) => doing?.what === 'to be asleep');
  await world.clock.advance(2000);
  assert.equal(world.agent.status().trying, 'm02');
  assert.equal(world.says('state').mode, 'normal');
  await watched(world);
  assert.equal(world.agent.status().trying, undefined);
  await world.stop();
});

test('a rack whose miners move what they are to move obeys orders from then on, also after a restart', async () => {
  const world = await uncommissioned();
  await world.issue(half);
  assert.deepEqual(world.asleep(), []);
  const end = await commissioned(world);
  assert.equal(end.over, 'every device has been tried');
  assert.deepEqual(findings(end), { m01: [], m02: [] });
  assert.deepEqual(
    end.results.map(({ outlets }) => outlets),
    [['pdu-a/1'], ['pdu-a/2']],
  );
  assert.ok(atHome(world));
  assert.deepEqual(world.rack.miner('m01').writes, ['set_power_pct', 'power_off', 'power_on']);
  await world.restart();
  const { id } = await world.issue(half);
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), ['m02']);
  assert.equal(world.phases(id).at(-1), 'holding');
  await world.stop();
});

const misfits: [what: string, options: WorldOptions, prepare: (world: World) => void, finding: RegExp][] = [
  [
    'current transformers that are turned round',
    {},
    ({ rack }) => Object.assign(rack.meter.faults, { ctRatio: -1 }),
    /^feed rose by \d+ W as it went down: its CTs are crossed or turned round$/,
  ],
  [
    'a ratio of half',
    {},
    ({ rack }) => Object.assign(rack.meter.faults, { ctRatio: 0.5 }),
    /^feed moved by 14\d\d W, not/,
  ],
  ['a miner on another feed', { elsewhere: ['m01', 'm02'] }, () => {}, /^feed did not follow: .*another feed$/],
  [
    'cords that have changed places',
    { pdu: { 1: 'm02', 2: 'm01' } },
    () => {},
    /^pdu-a\/[12] moved, the config says pdu-a\/[12]$/,
  ],
];

for (const [what, options, prepare, finding] of misfits) {
  test(`${what} are found out, and the rack goes on observing`, async () => {
    const world = new World({ observing: true, miners: two, pdu: true, ...options });
    prepare(world);
    await world.start();
    const end = await commissioned(world);
    for (const { device, findings: found, fits } of end.results) {
      assert.ok(!fits, device);
      assert.ok(
        found.some((each) => finding.test(each)),
        found.join('; '),
      );
    }
    assert.ok(atHome(world));
    assert.equal(world.says('state').mode, 'observing');
    assert.equal(world.step((await world.issue(half)).id, 'refused').code, 'not_commissioned');
    await world.stop();
  });
}

test('another device at an address is said to be one, and left alone', async () => {
  const world = new World({ observing: true, miners: two, pdu: true });
  world.rack.miner('m02').faults.otherMac = '02:00:00:00:be:ef';
  await world.start();
  const end = await commissioned(world);
  assert.match(findings(end)['m02']?.[0] ?? '', /another device is at its address: it says MAC 02:00:00:00:be:ef/);
  assert.deepEqual(world.rack.miner('m02').writes, []);
  assert.deepEqual(end.released, ['m01']);
  await world.stop();
});

test('of a rack in which only some fit, those are cut and the others left alone', async () => {
  const world = await uncommissioned({ elsewhere: ['m01'] });
  await commissioned(world);
  await world.issue({ kind: 'ceiling', fraction: 0 });
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), ['m02']);
  assert.match(world.says('device', 'device/m01').why, /^left alone: not commissioned/);
  await world.stop();
});

const awhile = ({ rack }: World) => rack.miner('m01').asleep;

test('called off in mid-move, it leaves every device at home', async () => {
  const world = await uncommissioned();
  world.agent.commissioner.begin(['m01', 'm02']);
  await watched(world, 300, () => awhile(world));
  assert.ok(awhile(world));
  world.agent.commissioner.end();
  await world.clock.advance(60_000);
  assert.ok(atHome(world));
  assert.deepEqual(world.rack.miner('m02').writes, []);
  await world.stop();
});

test('with nobody looking it ends by itself, and every device goes home', async () => {
  const world = await uncommissioned();
  world.agent.commissioner.begin(['m01', 'm02']);
  await watched(world, 300, () => awhile(world));
  await world.clock.advance(120_000);
  assert.ok(!world.agent.commissioner.look().running);
  assert.ok(atHome(world));
  await world.stop();
});

test('kill -9 in mid-move: the next agent brings the device home and moves no other', async () => {
  const world = await uncommissioned();
  world.agent.commissioner.begin(['m01', 'm02']);
  await watched(world, 300, () => awhile(world));
  world.kill();
  await world.start();
  await world.clock.advance(60_000);
  assert.ok(atHome(world));
  assert.deepEqual(world.rack.miner('m02').writes, []);
  await world.stop();
});

test('it does not begin while an order binds, and an order that comes ends it', async () => {
  const world = await uncommissioned({ observing: false });
  const { id } = await world.issue(half, { forS: 60 });
  await world.clock.advance(20_000);
  assert.match(world.agent.commissioner.begin(['m01']) ?? '', new RegExp(`^an order binds: ${id} of`));
  await world.clock.advance(400_000);
  assert.equal(world.agent.commissioner.begin(['m01', 'm02']), undefined);
  await watched(world, 300, () => awhile(world));
  const next = await world.issue({ kind: 'ceiling', fraction: 0.3 }, { event: 'another' });
  assert.match(world.agent.commissioner.look().over ?? '', new RegExp(`an order binds: ${next.id}`));
  await world.clock.advance(60_000);
  assert.equal(world.phases(next.id).at(-1), 'holding');
  assert.ok(world.rack.watts() <= 1800);
  await world.stop();
});

test('a miner that does nothing is given up, and a protected or locked-out one is not touched', async () => {
  const world = await uncommissioned({ policy: { protect: ['m02'] } });
  await world.agent.setLocal({ lockedOut: ['m01'] }, 'hands inside');
  const end = await commissioned(world);
  assert.deepEqual(findings(end), {
    m01: ['locked out'],
    m02: ['protected, or without controls'],
  });
  await world.agent.setLocal({ lockedOut: [] }, 'hands out');
  world.rack.miner('m01').faults.ignoresCommands = true;
  assert.equal(world.agent.commissioner.begin(['m01']), undefined);
  const stuck = await watched(world);
  assert.match(findings(stuck)['m01']?.[0] ?? '', /^it was not awake at 70 % within \d+ s$/);
  assert.ok(atHome(world));
  await world.stop();
});

test('what happens anyway commissions too, once a person has asked for that', async () => {
  const world = await uncommissioned();
  const byHand = async () => {
    world.rack.miner('m02').powerOff();
    await world.clock.advance(60_000);
    world.rack.miner('m02').powerOn();
    await world.clock.advance(120_000);
  };
  await byHand();
  assert.deepEqual(world.agent.commissioner.look().released, []);
  await world.agent.setLocal({ lockedOut: [], observes: true }, 'observe');
  await byHand();
  assert.deepEqual(world.agent.commissioner.look().released, ['m02']);
  assert.deepEqual(world.rack.miner('m02').writes, []);
  assert.match(world.says('info').devices.find(({ device }) => device === 'm02')?.commissioned_at ?? '', /^2026/);
  await world.stop();
});
