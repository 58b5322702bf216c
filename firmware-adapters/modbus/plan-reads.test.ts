import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { widthOf } from './decode.ts';
import type { ReadLimits } from './plan-reads.ts';
import { planReads } from './plan-reads.ts';
import type { Point } from './register-map.ts';

const limits: ReadLimits = { max_registers_per_read: 125, hole_max: 0, barriers: [] };

function point(address: number, type: Point['type'] = 'f32', table: Point['table'] = 'input'): Point {
  return {
    key: 'power_w',
    table,
    address,
    type,
    word_order: 'big',
    byte_order: 'big',
    scale: 1,
    offset: 0,
    unit: 'W',
    sentinels: [],
    safe_range: [0, 1],
    poll_class: 'fast',
  };
}

function spans(points: Point[], some: Partial<ReadLimits> = {}): string[] {
  return planReads(points, { ...limits, ...some }).map(({ table, address, count }) => `${table} ${address}+${count}`);
}

test('values side by side are one request, in whatever order the map names them', () => {
  assert.deepEqual(spans([point(4), point(0), point(2)]), ['input 0+6']);
});

test('a hole is read over up to hole_max registers, not beyond', () => {
  assert.deepEqual(spans([point(0), point(12)], { hole_max: 10 }), ['input 0+14']);
  assert.deepEqual(spans([point(0), point(12)], { hole_max: 9 }), ['input 0+2', 'input 12+2']);
});

test('no request crosses a barrier, and a barrier of another table is none', () => {
  const barriers = [{ table: 'input' as const, address: 2 }];
  assert.deepEqual(spans([point(0), point(2)], { barriers }), ['input 0+2', 'input 2+2']);
  assert.deepEqual(spans([point(0, 'f32', 'holding'), point(2, 'f32', 'holding')], { barriers }), ['holding 0+4']);
});

test('a request stops before the device limit and never inside a value', () => {
  assert.deepEqual(spans([point(0), point(2), point(4)], { max_registers_per_read: 5 }), ['input 0+4', 'input 4+2']);
});

test('bits are limited by the protocol, not by the registers a device gives at once', () => {
  const coils = [point(0, 'bit', 'coil'), point(1999, 'bit', 'coil'), point(2000, 'bit', 'coil')];
  const some = { max_registers_per_read: 10, hole_max: 1998 };
  assert.deepEqual(spans(coils, some), ['coil 0+2000', 'coil 2000+1']);
});

test('tables are asked apart', () => {
  assert.deepEqual(spans([point(0), point(2, 'f32', 'holding'), point(2)]), ['holding 2+2', 'input 0+4']);
});

test('two points in one register are read once', () => {
  assert.deepEqual(spans([point(0), point(0), point(2)]), ['input 0+4']);
});

test('nothing wanted is nothing asked', () => {
  assert.deepEqual(planReads([], limits), []);
});

/** Points laid out as a map has them: no overlaps, holes here and there. */
const layouts = fc
  .array(fc.record({ hole: fc.nat(6), type: fc.constantFrom<Point['type']>('u16', 'f32', 'u64') }), { maxLength: 14 })
  .map((parts) => {
    let next = 0;
    return parts.map(({ hole, type }) => {
      const placed = point(next + hole, type);
      next = placed.address + widthOf(type);
      return placed;
    });
  });
const anyLimits = fc.record({
  max_registers_per_read: fc.integer({ min: 4, max: 20 }),
  hole_max: fc.nat(6),
  barriers: fc.array(fc.record({ table: fc.constant('input' as const), address: fc.nat(60) }), { maxLength: 3 }),
});

test('every plan brings each value whole within all limits, and no plan needs fewer requests', () => {
  fc.assert(
    fc.property(layouts, anyLimits, (points, drawn) => {
      const barriers = drawn.barriers.filter(({ address }) => points.every((each) => !within(address, each)));
      const some = { ...drawn, barriers };
      const blocks = planReads(points, some);
      assert.deepEqual(
        blocks.flatMap((block) => block.points),
        points,
      );
      for (const block of blocks) assert.ok(isAllowed(block.points, some));
      assert.equal(blocks.length, fewest(points, some));
    }),
  );
});

function within(address: number, each: Point): boolean {
  return address > each.address && address < each.address + widthOf(each.type);
}

/** By trying every first block. */
function fewest(points: Point[], some: ReadLimits): number {
  const best: number[] = Array<number>(points.length + 1).fill(0);
  for (let from = points.length - 1; from >= 0; from--) {
    const rests = points.slice(from).map((_, index) => from + index + 1);
    const allowed = rests.filter((to) => isAllowed(points.slice(from, to), some));
    best[from] = 1 + Math.min(...allowed.map((to) => best[to] ?? 0));
  }
  return best[0] ?? 0;
}

function isAllowed(points: Point[], some: ReadLimits): boolean {
  const ends = points.map((each) => each.address + widthOf(each.type));
  const start = points[0]?.address ?? 0;
  const end = ends.at(-1) ?? 0;
  const holes = points.slice(1).map((each, index) => each.address - (ends[index] ?? 0));
  return (
    end - start <= some.max_registers_per_read &&
    holes.every((hole) => hole <= some.hole_max) &&
    some.barriers.every(({ address }) => address <= start || address >= end)
  );
}
