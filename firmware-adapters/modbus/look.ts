/** One look at points of a unit, in as few requests as the unit allows. */
import type { Millis } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import type { ModbusBus } from './bus.ts';
import type { Decoded } from './decode.ts';
import { decode, widthOf } from './decode.ts';
import type { BlockRead, ReadLimits } from './plan-reads.ts';
import { endOf, planReads, startOf } from './plan-reads.ts';
import type { Barrier, Point, PollClass } from './register-map.ts';
import { pollClasses } from './register-map.ts';

export type PointReading =
  /**
   * `raw` are the point's own registers or bit, by address, and after them the register that scales it; `mono` is when
   * they came, on the monotonic clock.
   */
  | (Decoded & { raw: readonly number[]; mono: Millis })
  /** The request for it failed. */
  | { kind: 'failed'; error: AdapterError };

/** Each point asked for, with what came of it. */
export type Readings = ReadonlyMap<Point, PointReading>;

/** What reading needs of a bus. */
export type ReadingBus = Pick<ModbusBus, 'read' | 'costOf' | 'recoveriesOf'>;

export type LookParts = {
  bus: ReadingBus;
  /** The unit id on the bus, 0 to 255. */
  unit: number;
  map: ReadLimits;
};

/** After so many looks everything is tried again. */
const FORGET_LOOKS = 1000;

export class Look {
  readonly #parts: LookParts;
  /** Firmware versions lack registers that others have. Where a block was refused, later reads are cut. */
  #cuts: Barrier[] = [];
  /** Points that were refused even when asked for alone: not asked for again while `#isFamiliar`. */
  readonly #refused = new Map<Point, AdapterError>();
  #recoveries = 0;
  #looks = 0;

  constructor(parts: LookParts) {
    this.#parts = parts;
  }

  /**
   * What the device or the wire did wrong is in the readings; rejects only with `Preempted` or with the reason of
   * `signal`.
   */
  async read(points: readonly Point[], signal?: AbortSignal): Promise<Readings> {
    if (!this.#isFamiliar()) {
      this.#cuts = [];
      this.#refused.clear();
    }
    const readings = new Map(points.flatMap((point) => this.#knownRefusal(point)));
    const waiting = this.#plan(points.filter((point) => !this.#refused.has(point)));
    for (let block = waiting.shift(); block; block = waiting.shift()) {
      const outcome = await this.#readBlock(block, signal);
      if (!(outcome instanceof AdapterError)) {
        for (const [point, reading] of outcome) readings.set(point, reading);
        continue;
      }
      if (isRefusal(outcome)) {
        const cuts = cutsIn(block);
        this.#cuts.push(...cuts);
        if (cuts.length > 0) {
          waiting.unshift(...this.#plan(block.points));
          continue;
        }
        for (const point of block.points) this.#refused.set(point, outcome);
      }
      // A unit that does not answer would hold the wire for one time-out per block, and other units wait.
      const lost = isSilence(outcome) ? [block, ...waiting.splice(0)] : [block];
      for (const point of lost.flatMap((each) => each.points)) readings.set(point, { kind: 'failed', error: outcome });
    }
    return readings;
  }

  /**
   * Whether what was learned still holds: another firmware, or another device of the model, may be there once the unit
   * has been away. That it was away for a moment nobody may have seen, so now and then all is tried again.
   */
  #isFamiliar(): boolean {
    const { bus, unit } = this.#parts;
    const recoveries = bus.recoveriesOf(unit);
    const hasBeenAway = recoveries !== this.#recoveries;
    this.#recoveries = recoveries;
    this.#looks += 1;
    return !hasBeenAway && this.#looks % FORGET_LOOKS !== 0;
  }

  #knownRefusal(point: Point): [Point, PointReading][] {
    const error = this.#refused.get(point);
    return error ? [[point, { kind: 'failed', error }]] : [];
  }

  #plan(points: readonly Point[]): BlockRead[] {
    const { bus, unit, map } = this.#parts;
    return planReads(points, { ...map, barriers: [...map.barriers, ...this.#cuts] }, bus.costOf(unit));
  }

  async #readBlock(block: BlockRead, signal?: AbortSignal): Promise<[Point, PointReading][] | AdapterError> {
    const { bus, unit } = this.#parts;
    try {
      const { values, mono } = await bus.read(unit, block.table, block.address, block.count, signal, urgencyOf(block));
      return decodeBlock(block, values, mono);
    } catch (error) {
      if (error instanceof AdapterError) return error;
      throw error;
    }
  }
}

function decodeBlock(block: BlockRead, values: readonly number[], mono: Millis): [Point, PointReading][] {
  const wordsAt = (address: number, width: number) =>
    values.slice(address - block.address, address - block.address + width);
  return block.points.map((point) => {
    const own = wordsAt(point.address, widthOf(point.type));
    const scale = point.scale_register === undefined ? [] : wordsAt(point.scale_register, 1);
    return [point, { ...decode(point, own, scale[0]), raw: [...own, ...scale], mono }];
  });
}

/** Exceptions 2 (no such address) and 3 (not so many) are about the block, not about each of its points. */
function isRefusal(error: AdapterError): boolean {
  return error.code === 2 || error.code === 3;
}

function isSilence(error: AdapterError): boolean {
  return error.kind === 'timedOut' || error.kind === 'unreachable';
}

/** Where to cut a block that was refused: at its holes, else in the middle; nowhere when its points start at one address. */
function cutsIn({ table, points }: BlockRead): Barrier[] {
  const holes = points.filter((point, index) => {
    const reach = Math.max(...points.slice(0, index).map(endOf));
    return index > 0 && startOf(point) > reach;
  });
  if (holes.length > 0) return holes.map((point) => ({ table, address: startOf(point) }));
  const starts = [...new Set(points.map(startOf))];
  const address = starts[Math.ceil(starts.length / 2)];
  return address === undefined ? [] : [{ table, address }];
}

/** As urgent as its most urgent point. */
function urgencyOf({ points }: BlockRead): PollClass {
  return pollClasses.find((each) => points.some(({ poll_class }) => poll_class === each)) ?? 'slow';
}
