/**
 * Where a SunSpec device keeps a model: "SunSpec Device Information Model Specification" 1.1, section 6. The map begins
 * with "SunS" at one of three addresses; behind it the models follow each other as id, length and so many registers.
 */
import { AdapterError } from '../errors.ts';
import type { UnitParts } from './introduce.ts';

const beginnings = [40_000, 0, 50_000] as const;
const marker = [0x5375, 0x6e53] as const;
const END = 0xffff;
/** No device has so many; a chain that goes on is none. */
const MOST_MODELS = 100;

/** The address of the ID register of the first of `models`. Rejects with `AdapterError`: `unsupported` without one. */
export async function findModel(parts: UnitParts, models: readonly number[], signal?: AbortSignal): Promise<number> {
  const passed: number[] = [];
  let at = await findChain(parts, signal);
  while (at + 2 <= 0x10000 && passed.length < MOST_MODELS) {
    const [id = END, length = 0] = await pairAt(parts, at, signal);
    if (models.includes(id)) return at;
    if (id === END) break;
    passed.push(id);
    at += 2 + length;
  }
  const there = passed.length > 0 ? `only ${passed.join(', ')}` : 'none at all';
  throw new AdapterError('unsupported', `unit ${parts.unit} has no SunSpec model ${models.join(', ')}, ${there}`);
}

/** The address behind the marker. */
async function findChain(parts: UnitParts, signal?: AbortSignal): Promise<number> {
  for (const address of beginnings) {
    const [first, second] = await pairAt(parts, address, signal).catch(passRefusal);
    if (first === marker[0] && second === marker[1]) return address + 2;
  }
  throw new AdapterError('unsupported', `unit ${parts.unit} does not speak SunSpec at ${beginnings.join(', ')}`);
}

async function pairAt({ bus, unit }: UnitParts, address: number, signal?: AbortSignal): Promise<number[]> {
  return (await bus.read(unit, 'holding', address, 2, signal)).values;
}

/** A device refuses addresses that it does not have: its map may begin elsewhere. */
function passRefusal(error: unknown): number[] {
  if (error instanceof AdapterError && error.code !== undefined) return [];
  throw error;
}
