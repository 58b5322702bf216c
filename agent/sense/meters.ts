/** Reads each meter: the points that deciding and reporting know, from whatever registers its map says. */
import type { Instrument, Reading } from '#adapters/modbus/instrument.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { MeterReading, Observation } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import type { Millis } from '#protocol/units.ts';
import { Poller } from './poller.ts';

export function watchMeter(
  meter: { id: string; periodMs: Millis; instrument: Instrument },
  clock: Clock,
  observe: (observation: Observation) => void,
): Poller {
  const { id, periodMs, instrument } = meter;
  return new Poller({
    name: id,
    periodMs,
    clock,
    read: async (signal) =>
      observe({ kind: 'meter', meter: id, reading: meterReading(await instrument.read(['fast', 'slow'], signal)) }),
    failed: (error) => {
      const trouble = troubleOf(error);
      if (trouble) observe({ kind: 'meterTrouble', meter: id, trouble });
    },
  });
}

/** @throws what went wrong with the power, without which the rest says little. */
export function meterReading({ points }: Reading): MeterReading {
  const power = points.power_w;
  if (power?.kind === 'failed') throw power.error;
  if (power?.kind === 'implausible') throw new Error(`power_w: ${power.detail} (raw ${power.raw.join(' ')})`);
  const value = (key: keyof Reading['points']) => {
    const point = points[key];
    return point?.kind === 'value' ? point.value : undefined;
  };
  return defined({
    powerW: value('power_w'),
    frequencyHz: value('frequency_hz'),
    energyImportWh: value('energy_import_wh'),
    energyExportWh: value('energy_export_wh'),
  });
}

/** Absent is absent: a key whose value is unknown is not there. */
function defined<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
