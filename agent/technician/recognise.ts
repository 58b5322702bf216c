/** Which of the known models a unit could be: told by numbers that only one shows, else by values that make sense. */
import { AdapterError } from '#adapters/errors.ts';
import type { ModbusBus } from '#adapters/modbus/bus.ts';
import { spanOf } from '#adapters/modbus/decode.ts';
import { createInstrument } from '#adapters/modbus/instrument.ts';
import { numberAt } from '#adapters/modbus/introduce.ts';
import type { PointKey } from '#adapters/modbus/quantities.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { channelOf } from '#adapters/modbus/repeats.ts';

export type Candidate = {
  model: string;
  /** `marked`: it shows the numbers that tell this model from others; `plausible`: every value makes sense. */
  by: 'marked' | 'plausible';
  /** How many values say something, that is, are not zero: registers full of zeros fit many models. */
  telling: number;
  values: Partial<Record<PointKey, number>>;
};

export type Found =
  /** Best first; none when it answers, but as no known model would. */
  { kind: 'found'; candidates: Candidate[] } | { kind: 'silent' };

/** Reads only. Rejects with the reason of `signal`, and with `AdapterError` when the wire itself is gone. */
export async function recognise(
  bus: ModbusBus,
  unit: number,
  maps: readonly RegisterMap[],
  signal?: AbortSignal,
): Promise<Found> {
  if (!(await answers(bus, unit, signal))) return { kind: 'silent' };
  const candidates: Candidate[] = [];
  for (const map of maps.toSorted((a, b) => b.probe.length - a.probe.length)) {
    const candidate = await fit(bus, unit, map, signal);
    if (candidate) candidates.push(candidate);
    if (candidate?.by === 'marked') break;
  }
  return { kind: 'found', candidates: candidates.sort(byStrength) };
}

/** Any reply is a sign of life, a refusal too. */
async function answers(bus: ModbusBus, unit: number, signal?: AbortSignal): Promise<boolean> {
  try {
    await bus.read(unit, 'holding', 0, 1, signal);
    return true;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    if (error.kind === 'timedOut') return false;
    if (error.kind === 'unreachable') throw error;
    return true;
  }
}

async function fit(
  bus: ModbusBus,
  unit: number,
  whole: RegisterMap,
  signal?: AbortSignal,
): Promise<Candidate | undefined> {
  const isMarked = whole.probe.length > 0;
  if (isMarked && !(await shows(bus, unit, whole, signal))) return undefined;
  const map = whole.channels ? channelOf(whole, 1) : whole;
  if (!(await has(bus, unit, map, signal))) return undefined;
  const { points } = await createInstrument({ id: map.id, bus, unit, map }).read(['fast', 'normal'], signal);
  const readings = Object.entries(points);
  if (readings.some(([, { kind }]) => kind === 'failed' || kind === 'implausible')) return undefined;
  const values = readings.flatMap(([key, reading]) =>
    reading.kind === 'value' ? [[key, reading.value] as const] : [],
  );
  const telling = values.filter(([, value]) => value !== 0).length;
  if (telling === 0 && !isMarked) return undefined;
  return { model: map.id, by: isMarked ? 'marked' : 'plausible', telling, values: Object.fromEntries(values) };
}

async function shows(bus: ModbusBus, unit: number, map: RegisterMap, signal?: AbortSignal): Promise<boolean> {
  for (const mark of map.probe) {
    const seen = await numberAt({ bus, unit }, mark, signal).catch(passRefusal);
    if (seen === undefined || !mark.one_of.includes(seen)) return false;
  }
  return true;
}

/** Most models are ruled out by one register that the unit does not have. */
async function has(bus: ModbusBus, unit: number, map: RegisterMap, signal?: AbortSignal): Promise<boolean> {
  const first = map.points.find(({ poll_class }) => poll_class === 'fast') ?? map.points[0];
  if (!first) return false;
  // Where a SunSpec model is must be found out first, and that rules out as quickly.
  if (map.base) return true;
  const { address, count } = spanOf(first);
  return (await bus.read(unit, first.table, address, count, signal).catch(passRefusal)) !== undefined;
}

function passRefusal(error: unknown): undefined {
  if (error instanceof AdapterError && error.kind !== 'unreachable') return undefined;
  throw error;
}

function byStrength(a: Candidate, b: Candidate): number {
  if (a.by !== b.by) return a.by === 'marked' ? -1 : 1;
  return b.telling - a.telling;
}
