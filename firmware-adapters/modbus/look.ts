/** One look at points of a unit, in as few requests as the unit allows. */
import type { Millis } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import type { ModbusBus } from './bus.ts';
import type { Decoded } from './decode.ts';
import { decode, widthOf } from './decode.ts';
import type { BlockRead } from './plan-reads.ts';
import { planReads } from './plan-reads.ts';
import type { Barrier, Point, RegisterMap } from './register-map.ts';

export type PointReading =
  /** `raw` are the point's own registers or bit, by address; `mono` is when they came, on the monotonic clock. */
  | (Decoded & { raw: readonly number[]; mono: Millis })
  /** The request for it failed. */
  | { kind: 'failed'; error: AdapterError };

/** Each point asked for, with what came of it. */
export type Readings = ReadonlyMap<Point, PointReading>;

export type LookParts = {
  bus: Pick<ModbusBus, 'read'>;
  /** The unit id on the bus, 0 to 255. */
  unit: number;
  map: Pick<RegisterMap, 'max_registers_per_read' | 'hole_max' | 'barriers'>;
};

export class Look {
  readonly #parts: LookParts;
  /** Firmware versions lack registers that others have. Where a block was refused, later reads are cut. */
  readonly #learned: Barrier[] = [];

  constructor(parts: LookParts) {
    this.#parts = parts;
  }

  /**
   * What the device or the wire did wrong is in the readings; rejects only with `Preempted` or with the reason of
   * `signal`.
   */
  async read(points: readonly Point[], signal?: AbortSignal): Promise<Readings> {
    const readings = new Map<Point, PointReading>();
    const waiting = this.#plan(points);
    for (let block = waiting.shift(); block; block = waiting.shift()) {
      const outcome = await this.#readBlock(block, signal);
      if (!(outcome instanceof AdapterError)) {
        for (const [point, reading] of outcome) readings.set(point, reading);
        continue;
      }
      const cut = isRefusal(outcome) ? halfway(block) : undefined;
      if (cut) {
        this.#learned.push(cut);
        waiting.unshift(...this.#plan(block.points));
        continue;
      }
      // A unit that does not answer would hold the wire for one time-out per block, and other units wait.
      const lost = isSilence(outcome) ? [block, ...waiting.splice(0)] : [block];
      for (const point of lost.flatMap((each) => each.points)) readings.set(point, { kind: 'failed', error: outcome });
    }
    return readings;
  }

  #plan(points: readonly Point[]): BlockRead[] {
    const { map } = this.#parts;
    return planReads(points, { ...map, barriers: [...map.barriers, ...this.#learned] });
  }

  async #readBlock(block: BlockRead, signal?: AbortSignal): Promise<[Point, PointReading][] | AdapterError> {
    const { bus, unit } = this.#parts;
    try {
      const { values, mono } = await bus.read(unit, block.table, block.address, block.count, signal);
      return decodeBlock(block, values, mono);
    } catch (error) {
      if (error instanceof AdapterError) return error;
      throw error;
    }
  }
}

function decodeBlock(block: BlockRead, values: readonly number[], mono: Millis): [Point, PointReading][] {
  return block.points.map((point) => {
    const start = point.address - block.address;
    const raw = values.slice(start, start + widthOf(point.type));
    return [point, { ...decode(point, raw), raw, mono }];
  });
}

/** Exceptions 2 (no such address) and 3 (not so many) are about the block, not about each of its points. */
function isRefusal(error: AdapterError): boolean {
  return error.code === 2 || error.code === 3;
}

function isSilence(error: AdapterError): boolean {
  return error.kind === 'timedOut' || error.kind === 'unreachable';
}

/** Where to cut a block in two; undefined when all its points start at one address. */
function halfway(block: BlockRead): Barrier | undefined {
  const starts = [...new Set(block.points.map((point) => point.address))];
  const address = starts[Math.ceil(starts.length / 2)];
  return address === undefined ? undefined : { table: block.table, address };
}
