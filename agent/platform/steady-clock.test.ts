import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import type { ClockQuality } from './clock-quality.ts';
import { steadyClock } from './steady-clock.ts';

const HOUR = 3_600_000;

function build(said: ClockQuality = 'good', notBefore = 0) {
  const system = new VirtualClock();
  const kernel = { says: said };
  return { system, kernel, clock: steadyClock(system, { quality: () => kernel.says, notBefore }) };
}

for (const jump of [HOUR, -HOUR]) {
  const way = jump > 0 ? 'ahead' : 'back';
  test(`a clock that jumps an hour ${way} is not followed, and is bad until it has proved itself`, async () => {
    const { system, clock } = build();
    const before = clock.wall();
    system.jumpWall(jump);
    await system.advance(10_000);
    assert.equal(clock.wall(), before + 10_000);
    assert.equal(clock.quality(), 'bad');
    await system.advance(60_000);
    assert.equal(clock.wall(), before + 70_000 + jump);
    assert.equal(clock.quality(), 'good');
  });
}

test('a jump that the kernel does not vouch for is never followed', async () => {
  const { system, kernel, clock } = build();
  const before = clock.wall();
  kernel.says = 'bad';
  system.jumpWall(HOUR);
  clock.wall();
  await system.advance(HOUR);
  assert.equal(clock.wall(), before + HOUR);
});

test('a jump that takes itself back leaves nothing behind', async () => {
  const { system, clock } = build();
  const before = clock.wall();
  system.jumpWall(HOUR);
  clock.wall();
  await system.advance(30_000);
  system.jumpWall(-HOUR);
  await system.advance(60_000);
  assert.equal(clock.wall(), before + 90_000);
  assert.equal(clock.quality(), 'good');
});

test('slewing is followed at once', () => {
  const { system, clock } = build();
  const before = clock.wall();
  system.jumpWall(200);
  assert.equal(clock.wall(), before + 200);
  assert.equal(clock.quality(), 'good');
});

test('a clock that starts before the journal’s last moment starts there, and is bad until it has caught up', async () => {
  const { system, clock } = build('good', Date.parse('2026-11-21T22:00:00Z'));
  assert.equal(clock.wall(), Date.parse('2026-11-21T22:00:00Z'));
  assert.equal(clock.quality(), 'bad');
  await system.advance(2 * HOUR);
  system.jumpWall(HOUR);
  clock.wall();
  await system.advance(61_000);
  assert.equal(clock.quality(), 'good');
});
