import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { after, inventory, miner, rackOf, seen, viewOf } from '#test/support/pictures.ts';
import type { Observation } from './observation.ts';
import { deviceOf, devicesOf } from './picture.ts';

const many = (count: number) => Array.from({ length: count }, (_, i) => miner(`m${i}`));
const reading = (device: string, powerW: number): Observation => ({
  kind: 'device',
  device,
  reading: { asleep: false, powerW, faults: [] },
});

test('every device shows the last that it said, in the order of the config, however many there are', () => {
  const said = fc.array(fc.tuple(fc.nat({ max: 259 }), fc.integer({ min: 0, max: 3000 })), { maxLength: 30 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 260 }), said, (count, words) => {
      const devices = many(count);
      const last = new Map(devices.map(({ id, ratedW }) => [id, ratedW]));
      for (const [i, powerW] of words) if (i < count) last.set(`m${i}`, powerW);
      const picture = seen(rackOf(devices), after(1), ...words.map(([i, powerW]) => reading(`m${i}`, powerW)));
      assert.deepEqual(
        devicesOf(picture).map(({ facts, reading: shown }) => [facts.id, shown?.powerW]),
        [...last],
      );
      for (const [id, powerW] of last) assert.equal(deviceOf(picture, id)?.reading?.powerW, powerW);
    }),
    { numRuns: 50 },
  );
});

test('who holds an older picture goes on seeing the devices as they were in it', () => {
  const before = rackOf(many(201));
  const later = seen(before, after(1), reading('m7', 1500), reading('m200', 900));
  assert.deepEqual([viewOf(before, 'm7').reading?.powerW, viewOf(before, 'm200').reading?.powerW], [3000, 3000]);
  assert.deepEqual([viewOf(later, 'm7').reading?.powerW, viewOf(later, 'm200').reading?.powerW], [1500, 900]);
});

test('a device that nothing was said of is the very same in the next picture, and one that left is gone', () => {
  const before = rackOf(many(3));
  const later = seen(before, after(1), reading('m1', 1500));
  assert.equal(viewOf(later, 'm2'), viewOf(before, 'm2'));
  const left = seen(later, after(2), inventory({ devices: many(2) }));
  assert.equal(deviceOf(left, 'm2'), undefined);
  assert.equal(viewOf(left, 'm1').reading?.powerW, 1500);
});
