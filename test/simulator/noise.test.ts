import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { seededNoise } from './noise.ts';
import { createRack } from './rack.ts';

test('noise is the same for two readers of one moment and differs from thing to thing', () => {
  const noise = seededNoise(7);
  assert.equal(noise('m01', 1000), noise('m01', 1000));
  assert.equal(noise('m01', 1000), seededNoise(7)('m01', 1199));
  assert.notEqual(noise('m01', 1000), noise('m02', 1000));
  assert.notEqual(noise('m01', 1000), noise('m01', 1200));
  assert.notEqual(noise('m01', 1000), seededNoise(8)('m01', 1000));
});

test('noise has no mean and stays within its bounds', () => {
  const noise = seededNoise(1);
  const values = Array.from({ length: 5000 }, (_, i) => noise('m01', i * 200));
  assert.ok(values.every((value) => value >= -1 && value <= 1));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean) < 0.03, `mean ${mean}`);
});

test('a rack without a seed is exact, one with a seed repeats itself', async () => {
  const wattsOf = async (noise: { noiseSeed?: number }) => {
    const clock = new VirtualClock();
    const rack = createRack({ clock, miners: [{ id: 'm01' }], otherLoadsW: 100, ...noise });
    await clock.advance(5000);
    return rack.watts();
  };
  assert.equal(await wattsOf({}), 3400);
  const noisy = await wattsOf({ noiseSeed: 3 });
  assert.notEqual(noisy, 3400);
  assert.ok(Math.abs(noisy - 3400) <= 0.005 * 3400);
  assert.equal(noisy, await wattsOf({ noiseSeed: 3 }));
});
