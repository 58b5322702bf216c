/** What the rack learns of its miners from what they do anyway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Info } from '#protocol/telemetry.ts';
import { demoTiming } from '#test/simulator/whatsminer-spec.ts';
import { World } from '#test/support/world.ts';

/** Fast on the way up, so that nobody has to wait. */
const quick = (...ids: string[]) => ids.map((id) => ({ id, ratedW: 3000, timing: demoTiming }));
const cut = { kind: 'ceiling', fraction: 0.4 } as const;

function learned(world: World, id: string): Info['devices'][number]['learned'] {
  const found = world.says('info').devices.find(({ device }) => device === id);
  assert.ok(found);
  return found.learned;
}

/** What the simulator's physics makes of it, read off its own record: seconds after `fromMs` until the watts were there. */
function whenS({ rack, clock }: World, id: string, fromMs: number, isThere: (watts: number) => boolean): number {
  const miner = rack.miner(id);
  for (let ms = fromMs; ms < clock.monotonic(); ms += 50) if (isThere(miner.watts(ms))) return (ms - fromMs) / 1000;
  return Number.NaN;
}

test('an order teaches by each miner’s outlet how fast it drops, and its end how fast it comes back', async () => {
  const world = await new World({ pdu: true, miners: quick('m01', 'm02', 'm04') }).start();
  const orderedMs = world.clock.monotonic();
  await world.issue(cut, { forS: 60 });
  await world.clock.advance(50_000);
  const drop = learned(world, 'm04');
  const true90S = whenS(world, 'm04', orderedMs, (watts) => watts <= 300);
  assert.ok(drop.drop_90_s !== null && drop.drop_10_s !== null && drop.drop_10_s <= drop.drop_90_s);
  // A PDU is read every two seconds.
  assert.ok(drop.drop_90_s >= true90S && drop.drop_90_s <= true90S + 2.1, `${drop.drop_90_s} s, truly ${true90S} s`);
  assert.deepEqual(
    drop.watts_at.map(({ setting }) => setting),
    ['awake', 'asleep'],
  );
  await world.clock.advance(150_000);
  const wokenMs = orderedMs + 60_000;
  const trueUpS = whenS(world, 'm04', wokenMs, (watts) => watts >= 0.95 * 3000);
  const { ramp_up_s } = learned(world, 'm04');
  // It is woken some time after the end of the order, by this rack's own delay of up to a minute.
  assert.ok(ramp_up_s !== null && ramp_up_s <= trueUpS + 2 && ramp_up_s >= trueUpS - 62, `${ramp_up_s} s`);
  await world.stop();
});

test('without outlets the meter teaches of a miner that moves alone, and nothing of miners that move together', async () => {
  const alone = await new World({ miners: quick('m01') }).start();
  await alone.issue({ kind: 'ceiling', fraction: 0.1 });
  await alone.clock.advance(60_000);
  const { drop_90_s, watts_at } = learned(alone, 'm01');
  assert.ok(drop_90_s !== null && drop_90_s > 0 && drop_90_s < 10, `${drop_90_s} s`);
  assert.ok(Math.abs((watts_at.find(({ setting }) => setting === 'awake')?.watts ?? 0) - 3000) < 60);
  await alone.stop();

  const together = await new World().start();
  await together.issue(cut);
  await together.clock.advance(60_000);
  assert.equal(learned(together, 'm03').drop_90_s, null);
  await together.stop();
});

test('what was learned is known after a restart, and a dry run speaks of it', async () => {
  const world = await new World({ pdu: true, miners: quick('m01', 'm02', 'm04') }).start();
  await world.issue(cut, { forS: 60 });
  await world.clock.advance(200_000);
  const before = learned(world, 'm04');
  assert.ok(before.drop_90_s !== null);
  await world.restart();
  assert.deepEqual(learned(world, 'm04'), before);
  await world.stop();
});

test('a miner that does not do as told at the first asking gets odds for it', async () => {
  const world = await new World({ miners: quick('m01') }).start();
  for (let i = 0; i < 6; i++) {
    world.rack.miner('m01').faults.ignoresCommands = i % 2 === 0;
    await world.issue({ kind: 'ceiling', fraction: 0.1 }, { forS: 40, event: `e-${i}` });
    await world.clock.advance(30_000);
    world.rack.miner('m01').faults.ignoresCommands = false;
    await world.clock.advance(75_000);
  }
  const { failure_odds } = learned(world, 'm01');
  assert.ok(failure_odds !== null && failure_odds > 0.15 && failure_odds < 0.5, `${failure_odds}`);
  await world.stop();
});
