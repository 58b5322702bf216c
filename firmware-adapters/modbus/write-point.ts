/** Writes one number where a map allows it, and looks whether it stands there afterwards. */
import { AdapterError, Preempted } from '../errors.ts';
import type { ModbusBus } from './bus.ts';
import { rawNumber, widthOf, wordsOf } from './decode.ts';
import type { WritePoint } from './register-map.ts';
import type { WriteUrgency } from './schedule.ts';

/** What writing with read-back needs of a bus. */
export type WritingBus = Pick<ModbusBus, 'read' | 'writeCoil' | 'writeRegister' | 'writeRegisters'>;

export type WriteParts = {
  bus: WritingBus;
  /** The unit id on the bus, 0 to 255. */
  unit: number;
};

/** The number in the registers' own terms, and how it joins the wire's queue. */
export type Wanted = { value: number; urgency: WriteUrgency };

/**
 * Returns when the unit itself says that the number stands there. Rejects with `AdapterError`: `refused` with what
 * `otherwise` says of the number found instead, or the write's own error where the unit neither acknowledged nor did it.
 * @throws RangeError for a number outside the point's range: that is the caller's mistake.
 */
export async function writeChecked(
  parts: WriteParts,
  point: WritePoint,
  { value, urgency }: Wanted,
  otherwise: (found: number) => string,
  signal?: AbortSignal,
): Promise<void> {
  const [least, most] = point.range;
  if (!(value >= least && value <= most)) throw new RangeError(`${value} is not between ${least} and ${most}`);
  const failure = await send(parts, point, { value, urgency }, signal);
  const found = await readBack(parts, point, signal);
  if (found !== value) throw failure ?? new AdapterError('refused', otherwise(found));
}

/** The number that stands there now. A control that goes first on the wire delays it and does not end it. */
export async function readBack({ bus, unit }: WriteParts, point: WritePoint, signal?: AbortSignal): Promise<number> {
  const { table, address } = point.read_back ?? point;
  for (;;) {
    try {
      const { values } = await bus.read(unit, table, address, widthOf(point.type), signal);
      return rawNumber(point, values);
    } catch (error) {
      if (!(error instanceof Preempted)) throw error;
    }
  }
}

/** A write whose answer is lost may have been done all the same; whether it was, the read-back tells. */
async function send(
  { bus, unit }: WriteParts,
  point: WritePoint,
  { value, urgency }: Wanted,
  signal?: AbortSignal,
): Promise<AdapterError | undefined> {
  const { table, address } = point;
  const [first = 0, ...others] = wordsOf(point, value);
  try {
    if (table === 'coil') await bus.writeCoil(unit, address, first === 1, urgency, signal);
    else if (others.length === 0) await bus.writeRegister(unit, address, first, urgency, signal);
    else await bus.writeRegisters(unit, address, [first, ...others], urgency, signal);
    return undefined;
  } catch (error) {
    if (error instanceof AdapterError && (error.kind === 'timedOut' || error.kind === 'malformed')) return error;
    throw error;
  }
}
