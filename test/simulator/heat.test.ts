import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { createRack } from './rack.ts';

function setUp() {
  const clock = new VirtualClock();
  const rack = createRack({
    clock,
    miners: [],
    otherLoadsW: 5000,
    inletC: 20,
    sensors: [
      { id: 'inlet', riseKPerKw: 0 },
      { id: 'exhaust', riseKPerKw: 2, tauMs: 60_000 },
    ],
  });
  return { clock, rack, inlet: rack.sensor('inlet'), exhaust: rack.sensor('exhaust') };
}

test('a rack that has run for long is as warm as its power makes it', () => {
  const { inlet, exhaust } = setUp();
  assert.equal(inlet.celsius, 20);
  assert.equal(exhaust.celsius, 30);
});

test('heat follows the power with its time constant', async () => {
  const { clock, rack, exhaust } = setUp();
  rack.otherLoads.moveTo(0);
  await clock.advance(60_000);
  assert.ok(Math.abs(exhaust.celsius - (20 + 10 / Math.E)) < 1e-9, `${exhaust.celsius} C`);
  rack.otherLoads.moveTo(10_000);
  await clock.advance(600_000);
  assert.ok(Math.abs(exhaust.celsius - 40) < 0.01, `${exhaust.celsius} C`);
});

test('looking more often changes nothing', async () => {
  const seldom = setUp();
  const often = setUp();
  for (const { rack } of [seldom, often]) rack.otherLoads.moveTo(9000, 70_000);
  for (let looks = 0; looks < 90; looks++) {
    await often.clock.advance(777);
    assert.ok(often.exhaust.celsius >= 30);
  }
  await seldom.clock.advance(90 * 777);
  assert.equal(often.exhaust.celsius, seldom.exhaust.celsius);
});

test('the air at the inlet arrives everywhere at once', async () => {
  const { clock, rack, inlet, exhaust } = setUp();
  rack.inletC.moveTo(30, 60_000);
  await clock.advance(30_000);
  assert.equal(inlet.celsius, 25);
  assert.ok(Math.abs(exhaust.celsius - 35) < 1e-9);
});
