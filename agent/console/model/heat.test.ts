import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs } from '#protocol/time.ts';
import { SITE, said } from '#test/support/said.ts';
import { heard } from './heard.ts';
import { blocksOf, cellOf, floorOf, neighbour, placeAt, share } from './heat.ts';
import { emptySite } from './site.ts';

const START = epochMs('2026-11-21T21:00:00Z');
const at = (s: number) => START + 1000 * s;
const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `r${from + i}`);
const floor = floorOf(
  [
    { group: 'row-a', ids: names(1, 5) },
    { group: 'row-b', ids: names(6, 9) },
  ],
  52 + 5 * 20,
);

test('a thousand racks fit a desk and a telephone', () => {
  const blocks = Array.from({ length: 20 }, (_, i) => ({ group: `row-${i}`, ids: names(50 * i + 1, 50 * i + 50) }));
  for (const width of [840, 350]) {
    const { places, pitch } = floorOf(blocks, width);
    assert.equal(places.length, 1000);
    assert.ok(places.every(({ x }) => x + pitch <= width));
    assert.ok(pitch >= 13);
  }
});

test('a point on the map is a rack, and a point beside it none', () => {
  assert.equal(placeAt(floor, 52 + 3, 3)?.id, 'r1');
  assert.equal(placeAt(floor, 52 + 43, 3)?.id, 'r3');
  assert.equal(placeAt(floor, 10, 3), undefined);
});

test('the arrow keys go from rack to rack, and stay at the edge', () => {
  assert.equal(neighbour(floor, undefined, 'right')?.id, 'r1');
  assert.equal(neighbour(floor, 'r1', 'left')?.id, 'r1');
  assert.equal(neighbour(floor, 'r2', 'down')?.id, 'r7');
  assert.equal(neighbour(floor, 'r5', 'down')?.id, 'r9');
  assert.equal(neighbour(floor, 'r9', 'up')?.id, 'r4');
  assert.equal(neighbour(floor, 'r9', 'down')?.id, 'r9');
});

test('racks stand with their group, in the order in which people count', () => {
  const site = heard(emptySite(SITE), [
    said('info', { rack: 'r10' }, { groups: ['row-b'] }, at(0)),
    said('info', { rack: 'r2' }, { groups: ['row-b', 'all-miners'] }, at(0)),
    said('info', { rack: 'r1' }, { groups: ['row-a'] }, at(0)),
  ]);
  assert.deepEqual(blocksOf(site.racks), [
    { group: 'row-a', ids: ['r1'] },
    { group: 'row-b', ids: ['r2', 'r10'] },
  ]);
});

test('a cell tells nothing that is not known now', () => {
  const site = heard(emptySite(SITE), [
    said('power', { rack: 'r1' }, { power_w: 18_000, line_w: 16_000 }, at(0)),
    said('info', { rack: 'r1' }, { rated_w: 40_000 }, at(0)),
    said('thermal', { rack: 'r1' }, { inlet_c: 27 }, at(0)),
  ]);
  const rack = site.racks.get('r1') ?? assert.fail();
  assert.equal(cellOf(rack, 'temperature', at(1)).value, 27);
  assert.equal(cellOf(rack, 'deviation', at(1)).value, 5);
  assert.equal(cellOf(rack, 'load', at(1)).value, 45);
  const late = cellOf(rack, 'deviation', at(10));
  assert.deepEqual([late.value, late.contact], [undefined, 'silent']);
  assert.equal(share(100, 'temperature'), 1);
});
