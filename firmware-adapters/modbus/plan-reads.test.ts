import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { widthOf } from './decode.ts';
import type { ReadCost, ReadLimits } from './plan-reads.ts';
import { endOf, planReads } from './plan-reads.ts';
import type { Point } from './register-map.ts';

const limits: ReadLimits = { max_registers_per_read: 125, barriers: [] };
/** Asking again costs as much as ten registers. */
const cost: ReadCost = { requestMs: 10, registerMs: 1, budgetMs: 1000 };

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

function spans(points: Point[], some: Partial<ReadLimits & ReadCost> = {}): string[] {
  const blocks = planReads(points, { ...limits, ...some }, { ...cost, ...some });
  return blocks.map(({ table, address, count }) => `${table} ${address}+${count}`);
}

test('values side by side are one request, in whatever order the map names them', () => {
  assert.deepEqual(spans([point(4), point(0), point(2)]), ['input 0+6']);
});

test('a hole is read over when that is cheaper than another request', () => {
  assert.deepEqual(spans([point(0), point(12)]), ['input 0+14']);
  assert.deepEqual(spans([point(0), point(13)]), ['input 0+2', 'input 13+2']);
  assert.deepEqual(spans([point(0), point(13)], { requestMs: 11 }), ['input 0+15'], 'a unit that thinks for longer');
});

test('a device that bears no holes is read without', () => {
  assert.deepEqual(spans([point(0), point(3)], { hole_max: 1 }), ['input 0+5']);
  assert.deepEqual(spans([point(0), point(3)], { hole_max: 0 }), ['input 0+2', 'input 3+2']);
});

test('no request takes longer than the budget, unless a single value does', () => {
  assert.deepEqual(spans([point(0), point(2), point(4)], { budgetMs: 14 }), ['input 0+4', 'input 4+2']);
  assert.deepEqual(spans([point(0, 'u64'), point(4)], { budgetMs: 5 }), ['input 0+4', 'input 4+2']);
});

test('a limit is met where the holes are widest', () => {
  const points = [point(0), point(2), point(10), point(12)];
  assert.deepEqual(spans(points, { max_registers_per_read: 12 }), ['input 0+4', 'input 10+4']);
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
  const [first, last, beyond] = [0, 1999, 2000].map((address) => point(address, 'bit', 'coil'));
  const some = { max_registers_per_read: 10, requestMs: 130 };
  assert.ok(first && last && beyond);
  assert.deepEqual(spans([first, last], some), ['coil 0+2000']);
  assert.deepEqual(spans([first, beyond], some), ['coil 0+1', 'coil 2000+1']);
});

test('tables are asked apart', () => {
  assert.deepEqual(spans([point(0), point(2, 'f32', 'holding'), point(2)]), ['holding 2+2', 'input 0+4']);
});

test('two points in one register are read once', () => {
  assert.deepEqual(spans([point(0), point(0), point(2)]), ['input 0+4']);
});

test('nothing wanted is nothing asked', () => {
  assert.deepEqual(planReads([], limits, cost), []);
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
const anyCost = fc.record({
  requestMs: fc.integer({ min: 1, max: 8 }),
  registerMs: fc.constant(1),
  budgetMs: fc.integer({ min: 12, max: 30 }),
});

test('every plan brings each value whole within all limits, and no plan is cheaper', () => {
  fc.assert(
    fc.property(layouts, anyLimits, anyCost, (points, drawn, wire) => {
      const barriers = drawn.barriers.filter(({ address }) => points.every((each) => !within(address, each)));
      const some = { ...drawn, barriers };
      const blocks = planReads(points, some, wire);
      assert.deepEqual(
        blocks.flatMap((block) => block.points),
        points,
      );
      for (const block of blocks) assert.ok(isAllowed(block.points, some, wire));
      const total = blocks.reduce((sum, { count }) => sum + wire.requestMs + count, 0);
      assert.equal(total, cheapest(points, some, wire));
    }),
  );
});

function within(address: number, each: Point): boolean {
  return address > each.address && address < each.address + widthOf(each.type);
}

/** By trying every first block. */
function cheapest(points: Point[], some: DrawnLimits, wire: ReadCost): number {
  const best: number[] = Array<number>(points.length + 1).fill(0);
  for (let from = points.length - 1; from >= 0; from--) {
    const rests = points.slice(from).map((_, index) => from + index + 1);
    const allowed = rests.filter((to) => isAllowed(points.slice(from, to), some, wire));
    best[from] = Math.min(...allowed.map((to) => wire.requestMs + spanOf(points.slice(from, to)) + (best[to] ?? 0)));
  }
  return best[0] ?? 0;
}

type DrawnLimits = ReadLimits & { hole_max: number };

function spanOf(points: Point[]): number {
  return Math.max(...points.map(endOf)) - Math.min(...points.map(({ address }) => address));
}

function isAllowed(points: Point[], some: DrawnLimits, { requestMs, budgetMs }: ReadCost): boolean {
  const ends = points.map(endOf);
  const start = points[0]?.address ?? 0;
  const end = ends.at(-1) ?? 0;
  const holes = points.slice(1).map((each, index) => each.address - (ends[index] ?? 0));
  return (
    end - start <= some.max_registers_per_read &&
    requestMs + end - start <= budgetMs &&
    holes.every((hole) => hole <= some.hole_max) &&
    some.barriers.every(({ address }) => address <= start || address >= end)
  );
}
