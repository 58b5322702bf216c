/** One meter, sensor or PDU: a unit on a bus, read by its register map. */
import type { Millis } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import type { ModbusBus } from './bus.ts';
import type { Decoded } from './decode.ts';
import { decode, widthOf } from './decode.ts';
import type { BlockRead } from './plan-reads.ts';
import { planReads } from './plan-reads.ts';
import type { PointKey } from './quantities.ts';
import type { Barrier, PollClass, RegisterMap } from './register-map.ts';

export type PointReading =
  /** `raw` are the point's own registers or bit, by address; `mono` is when they came, on the monotonic clock. */
  | (Decoded & { raw: readonly number[]; mono: Millis })
  /** The request for it failed. */
  | { kind: 'failed'; error: AdapterError };

/** Exactly the points of the classes asked for. One with an error says nothing about the others. */
export type Reading = { points: Partial<Record<PointKey, PointReading>> };

export type Instrument = {
  readonly id: string;
  readonly unit: number;
  readonly map: RegisterMap;
  /**
   * One look at all points of these poll classes. What the device or the wire did wrong is in the reading; rejects only
   * with `Preempted` or with the reason of `signal`.
   */
  read(classes: readonly PollClass[], signal?: AbortSignal): Promise<Reading>;
};

export type InstrumentParts = {
  /** The instrument's id in the config. */
  id: string;
  bus: Pick<ModbusBus, 'read'>;
  /** The unit id on the bus, 0 to 255. */
  unit: number;
  map: RegisterMap;
};

export function createInstrument({ id, bus, unit, map }: InstrumentParts): Instrument {
  // Firmware versions lack registers that others have. Where a block was refused, later reads are cut.
  const learnedBarriers: Barrier[] = [];

  const plan = (points: BlockRead['points']) =>
    planReads(points, { ...map, barriers: [...map.barriers, ...learnedBarriers] });

  const readBlock = async (block: BlockRead, signal?: AbortSignal): Promise<Reading['points'] | AdapterError> => {
    try {
      const { values, mono } = await bus.read(unit, block.table, block.address, block.count, signal);
      return decodeBlock(block, values, mono);
    } catch (error) {
      if (error instanceof AdapterError) return error;
      throw error;
    }
  };

  return {
    id,
    unit,
    map,
    read: async (classes, signal) => {
      const points: Reading['points'] = {};
      const waiting = plan(map.points.filter((point) => classes.includes(point.poll_class)));
      for (let block = waiting.shift(); block; block = waiting.shift()) {
        const outcome = await readBlock(block, signal);
        if (!(outcome instanceof AdapterError)) {
          Object.assign(points, outcome);
          continue;
        }
        const cut = isRefusal(outcome) ? halfway(block) : undefined;
        if (cut) {
          learnedBarriers.push(cut);
          waiting.unshift(...plan(block.points));
          continue;
        }
        // A unit that does not answer would hold the wire for one time-out per block, and other units wait.
        const lost = isSilence(outcome) ? [block, ...waiting.splice(0)] : [block];
        for (const each of lost) Object.assign(points, failed(each, outcome));
      }
      return { points };
    },
  };
}

function decodeBlock(block: BlockRead, values: readonly number[], mono: Millis): Reading['points'] {
  return Object.fromEntries(
    block.points.map((point) => {
      const start = point.address - block.address;
      const raw = values.slice(start, start + widthOf(point.type));
      return [point.key, { ...decode(point, raw), raw, mono }];
    }),
  );
}

function failed(block: BlockRead, error: AdapterError): Reading['points'] {
  return Object.fromEntries(block.points.map((point) => [point.key, { kind: 'failed', error }]));
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
