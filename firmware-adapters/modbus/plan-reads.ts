/** Points to requests: as few as the device allows, and no value in two of them. */
import { widthOf } from './decode.ts';
import type { Table } from './frames.ts';
import { maxRead } from './frames.ts';
import type { Point, RegisterMap } from './register-map.ts';

/** One request, and the points whose registers it brings. */
export type BlockRead = { table: Table; address: number; count: number; points: Point[] };

export type ReadLimits = Pick<RegisterMap, 'max_registers_per_read' | 'hole_max' | 'barriers'>;

/**
 * The fewest requests that read all of `points`. They read over holes of up to `hole_max`, never across a barrier and
 * never more than `max_registers_per_read` (for bits: than the protocol allows). Taking each block as far as it goes,
 * from the lowest address on, is least: any other plan's first block ends no later.
 */
export function planReads(points: readonly Point[], limits: ReadLimits): BlockRead[] {
  const blocks: BlockRead[] = [];
  for (const point of points.toSorted(byTableAndAddress)) {
    const last = blocks.at(-1);
    if (last && fits(last, point, limits)) {
      last.count = Math.max(last.count, endOf(point) - last.address);
      last.points.push(point);
    } else {
      blocks.push({ table: point.table, address: point.address, count: widthOf(point.type), points: [point] });
    }
  }
  return blocks;
}

function fits(block: BlockRead, point: Point, limits: ReadLimits): boolean {
  if (point.table !== block.table) return false;
  const isBits = block.table === 'coil' || block.table === 'discrete';
  const max = isBits ? maxRead[block.table] : limits.max_registers_per_read;
  if (endOf(point) - block.address > max) return false;
  if (point.address - (block.address + block.count) > limits.hole_max) return false;
  return !limits.barriers.some(
    (barrier) => barrier.table === block.table && barrier.address > block.address && barrier.address < endOf(point),
  );
}

function byTableAndAddress(a: Point, b: Point): number {
  return a.table.localeCompare(b.table) || a.address - b.address;
}

function endOf(point: Point): number {
  return point.address + widthOf(point.type);
}
