/** Points to requests: the cheapest on this wire that the device allows, and no value in two of them. */
import type { Millis } from '#protocol/units.ts';
import { spanOf } from './decode.ts';
import type { Table } from './frames.ts';
import { maxRead, registersIn } from './frames.ts';
import type { Point, RegisterMap } from './register-map.ts';

/** One request, and the points whose registers it brings. */
export type BlockRead = { table: Table; address: number; count: number; points: Point[] };

export type ReadLimits = Pick<RegisterMap, 'max_registers_per_read' | 'hole_max' | 'barriers'>;

/** How long reads of a unit keep the wire. */
export type ReadCost = {
  /** Each request, whatever it reads: all but the registers, with the silences and the unit's turnaround. */
  requestMs: Millis;
  /** Each register, wanted or in a hole. */
  registerMs: Millis;
  /** What one request may take, since no write passes it on the wire; a single value always may. */
  budgetMs: Millis;
};

/**
 * The cheapest requests that read all of `points`: they read over a hole where that takes less time than asking again,
 * never across a barrier, and never more at once than the device, the protocol or the budget allows.
 */
export function planReads(points: readonly Point[], limits: ReadLimits, cost: ReadCost): BlockRead[] {
  const sorted = points.toSorted(byTableAndAddress);
  const ways: Way[] = [];
  for (let from = sorted.length - 1; from >= 0; from--) {
    for (const { ms, ...block } of blocksFrom(sorted, from, limits, cost)) {
      const totalMs = ms + (ways[block.end]?.totalMs ?? 0);
      if (totalMs <= (ways[from]?.totalMs ?? Number.POSITIVE_INFINITY)) ways[from] = { ...block, totalMs };
    }
  }
  const blocks: BlockRead[] = [];
  for (let from = 0, way = ways[0]; way; from = way.end, way = ways[from]) {
    blocks.push({ ...way.start, points: sorted.slice(from, way.end) });
  }
  return blocks;
}

/** The block to begin with at a point, and how long everything takes from there to the last point. */
type Way = Block & { totalMs: Millis };
/** `end` is the place of the first point that is not in it any more. */
type Block = { start: Omit<BlockRead, 'points'>; end: number };

/** Every block that may begin at the point in this place, from the shortest on. */
function* blocksFrom(
  sorted: readonly Point[],
  from: number,
  limits: ReadLimits,
  cost: ReadCost,
): Iterable<Block & { ms: Millis }> {
  const first = sorted[from];
  if (!first) return;
  const { table } = first;
  const address = startOf(first);
  for (let end = from + 1, reach = endOf(first); ; end++) {
    const count = reach - address;
    yield { start: { table, address, count }, end, ms: blockMs(table, count, cost) };
    const next = sorted[end];
    if (!next || next.table !== table || startOf(next) - reach > (limits.hole_max ?? Number.POSITIVE_INFINITY)) return;
    reach = Math.max(reach, endOf(next));
    if (!isAllowed(first, reach, limits, cost)) return;
  }
}

function isAllowed(first: Point, reach: number, limits: ReadLimits, cost: ReadCost): boolean {
  const { table } = first;
  const address = startOf(first);
  const count = reach - address;
  const isBits = table === 'coil' || table === 'discrete';
  if (count > (isBits ? maxRead[table] : limits.max_registers_per_read)) return false;
  if (blockMs(table, count, cost) > cost.budgetMs) return false;
  return !limits.barriers.some((at) => at.table === table && at.address > address && at.address < reach);
}

function blockMs(table: Table, count: number, { requestMs, registerMs }: ReadCost): Millis {
  return requestMs + registerMs * registersIn(table, count);
}

function byTableAndAddress(a: Point, b: Point): number {
  return a.table.localeCompare(b.table) || startOf(a) - startOf(b);
}

/** The first address of what must be read in one request. */
export function startOf(point: Point): number {
  return spanOf(point).address;
}

/** The first address after it. */
export function endOf(point: Point): number {
  const { address, count } = spanOf(point);
  return address + count;
}
