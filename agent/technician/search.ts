/** Looks for instruments on wires: every setting that a known model leaves the factory with, every unit that is asked for. */
import { AdapterError } from '#adapters/errors.ts';
import type { ModbusBus } from '#adapters/modbus/bus.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import type { BusConfig } from '#agent/config/config.ts';
import type { WireParts } from '#agent/rack/wires.ts';
import { openBus } from '#agent/rack/wires.ts';
import type { Millis } from '#protocol/units.ts';
import type { Candidate } from './recognise.ts';
import { recognise } from './recognise.ts';

export type UnitFound = { unit: number; candidates: Candidate[] };
export type Progress = (wire: string, unit: number, found: UnitFound | undefined) => void;

/** Enough for the first word of most units, and short enough to ask dozens. */
const SEARCH_TIMEOUT_MS: Millis = 300;

/** Opens the bus for this search alone. Rejects with `AdapterError` when it cannot be opened or goes away. */
export async function searchBus(
  config: BusConfig,
  units: readonly number[],
  maps: readonly RegisterMap[],
  parts: WireParts,
  progress: Progress,
  signal?: AbortSignal,
): Promise<UnitFound[]> {
  const bus = openBus(config, parts, undefined, SEARCH_TIMEOUT_MS);
  try {
    const spoken = maps.filter(({ wire }) => wire.kinds.includes(config.kind === 'tcp' ? 'tcp' : 'rtu'));
    return await searchUnits(bus, wireName(config), units, spoken, progress, signal);
  } finally {
    await bus.stop();
  }
}

async function searchUnits(
  bus: ModbusBus,
  wire: string,
  units: readonly number[],
  maps: readonly RegisterMap[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<UnitFound[]> {
  const all: UnitFound[] = [];
  for (const unit of units) {
    signal?.throwIfAborted();
    const seen = await recognise(bus, unit, maps, signal);
    const found = seen.kind === 'found' ? { unit, candidates: seen.candidates } : undefined;
    if (found) all.push(found);
    progress(wire, unit, found);
  }
  return all;
}

/** The settings of a serial line that known models leave the factory with, the most usual first. */
export function usualSettings(maps: readonly RegisterMap[]): SerialSetting[] {
  const counts = new Map<string, { setting: SerialSetting; models: number }>();
  for (const { wire } of maps) {
    if (!wire.kinds.includes('rtu') || wire.baud === undefined) continue;
    const setting = { baud: wire.baud, parity: wire.parity ?? 'none', stop_bits: wire.stop_bits ?? 1 } as const;
    const key = JSON.stringify(setting);
    counts.set(key, { setting, models: (counts.get(key)?.models ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.models - a.models).map(({ setting }) => setting);
}

export type SerialSetting = Pick<Extract<BusConfig, { kind: 'rtu' }>, 'baud' | 'parity' | 'stop_bits'>;

/** The units that known models answer to from the factory, and then the others of the range. */
export function unitsToAsk(maps: readonly RegisterMap[], range: readonly number[]): number[] {
  const usual = new Set(maps.flatMap(({ wire }) => (wire.unit === undefined ? [] : [wire.unit])));
  return [...range.filter((unit) => usual.has(unit)), ...range.filter((unit) => !usual.has(unit))];
}

/** As people know it. */
export function wireName(bus: BusConfig): string {
  if (bus.kind !== 'rtu') return `${bus.host}:${bus.port}`;
  const { port, baud, parity, stop_bits: stopBits } = bus;
  return `${port} at ${baud} 8${parity[0]?.toUpperCase()}${stopBits}`;
}

/** Whether it is the wire that failed, not the asker. */
export function isWireTrouble(error: unknown): error is Error {
  return error instanceof AdapterError;
}
