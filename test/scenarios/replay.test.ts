import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policySchema } from '#agent/config/policy.ts';
import { replay } from '#agent/replay/replay.ts';
import { epochMs } from '#protocol/time.ts';
import { RACK, SECOND_ISSUER, World } from '#test/support/world.ts';

/** Ramps, two issuers at once, a clock that is set, a policy that changes, the way back: what makes a plan move. */
async function eventfulWorld(): Promise<World> {
  const world = await new World({ noiseSeed: 7, policy: { limits: { restore_window_s: 20 } } }).start();
  await world.agent.record(true);
  await world.issue({ kind: 'ceiling', fraction: 0.5 }, { forS: 60, ramp: { down_w_per_s: 500, up_w_per_s: 500 } });
  await world.clock.advance(30_000);
  const shed = { issuer: SECOND_ISSUER, event: '4cp-a', program: '4cp', forS: 60 };
  await world.issue({ kind: 'shed', fraction: 0.6 }, shed);
  world.clock.jumpWall(5000);
  await world.clock.advance(120_000);
  await world.adopt({ limits: { min_w: 1000, restore_window_s: 20 } });
  await world.issue({ kind: 'ceiling', fraction: 0 }, { event: 'ecrs-b' });
  await world.clock.advance(40_000);
  return world;
}

test('a recorded day, decided anew, gives the same plan at every turn', async () => {
  const world = await eventfulWorld();
  await world.stop();
  const replayed = replay(world.recordings.lines());
  assert.deepEqual(replayed?.differences, []);
  assert.equal(replayed.rack, RACK);
  assert.ok(replayed.turns > 190 && replayed.observations > 300, JSON.stringify(replayed));
  const phases = world.recordings.lines().flatMap((line) => (line.kind === 'turn' ? (line.plan?.steps ?? []) : []));
  for (const step of ['o-1 holding', 'o-2 restored', 'o-3 holding']) assert.ok(phases.includes(step), step);
});

test('what another policy would have done is told by its differences, with their span', async () => {
  const world = await eventfulWorld();
  await world.stop();
  const [part] = world.recordings.lines();
  assert.ok(part?.kind === 'part');
  const stricter = policySchema.parse({ ...part.policy, protect: ['m01'] });
  const { differences } = replay(world.recordings.lines(), stricter) ?? {};
  const first = differences?.[0];
  assert.ok(first && first.from >= epochMs('2026-11-21T21:00:08Z') && first.until >= first.from);
  assert.ok(differences?.some(({ what }) => what.some((each) => /^m01: asleep, now awake$/.test(each))));
});

test('recording goes on over a restart, and each part can be replayed by itself', async () => {
  const world = await new World({ noiseSeed: 7 }).start();
  await world.agent.record(true);
  await world.issue({ kind: 'ceiling', fraction: 0.5 });
  await world.clock.advance(20_000);
  await world.restart();
  await world.clock.advance(20_000);
  await world.stop();
  assert.equal(world.recordings.parts.length, 2);
  const lines = world.recordings.lines();
  const second = lines.findLastIndex(({ kind }) => kind === 'part');
  for (const part of [lines.slice(0, second), lines.slice(second), lines]) {
    const replayed = replay(part);
    assert.ok(replayed && replayed.turns > 10);
    assert.deepEqual(replayed.differences, []);
  }
});

test('what was not recorded is not replayed: nothing is kept while it is off', async () => {
  const world = await new World().start();
  await world.clock.advance(60_000);
  assert.deepEqual(world.recordings.parts, []);
  await world.agent.record(true);
  await world.clock.advance(10_000);
  await world.agent.record(false);
  const [lines] = world.recordings.parts.map(({ length }) => length);
  await world.clock.advance(60_000);
  await world.stop();
  assert.deepEqual(
    world.recordings.parts.map(({ length }) => length),
    [lines],
  );
});

test('after the disk has failed, a new part begins with all that is known', async () => {
  const world = await new World().start();
  await world.agent.record(true);
  await world.clock.advance(10_000);
  world.recordings.broken = true;
  await world.clock.advance(10_000);
  await world.stop();
  assert.equal(world.recordings.parts.length, 2);
  assert.ok(world.recordings.parts.every(([first]) => first?.startsWith('{"kind":"part"')));
});
