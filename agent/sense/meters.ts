/** Reads each meter: the points that deciding and reporting know, from whatever registers its map says. */
import type { Reading } from '#adapters/modbus/instrument.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { MeterReading, Observation } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import type { Millis } from '#protocol/units.ts';
import type { Watched } from './instrument-polls.ts';
import { pollersOf } from './instrument-polls.ts';
import { defined, leadingValueIn, valueIn } from './points.ts';
import type { Poller } from './poller.ts';

export function watchMeter(meter: Watched, clock: Clock, observe: (observation: Observation) => void): Poller[] {
  const { id } = meter;
  const heard = (reading: Reading) => observe({ kind: 'meter', meter: id, reading: meterReading(reading) });
  const failed = (error: unknown) => {
    const trouble = troubleOf(error);
    if (trouble) observe({ kind: 'meterTrouble', meter: id, trouble });
  };
  return pollersOf(meter, clock, heard, failed);
}

/** @throws what went wrong with the power, without which the rest says little. */
export function meterReading({ points }: Reading): MeterReading {
  return defined({
    powerW: leadingValueIn(points, 'power_w'),
    voltageV: voltageIn(points),
    frequencyHz: valueIn(points, 'frequency_hz'),
    energyImportWh: valueIn(points, 'energy_import_wh'),
    energyExportWh: valueIn(points, 'energy_export_wh'),
  });
}

/** How far apart two values may have been read to belong together, milliseconds. */
const TOGETHER_MS: Millis = 1000;

/** Of the phases that were read with the frequency the lowest: one that is read from a phase that sags is not believed. */
function voltageIn(points: Reading['points']): number | undefined {
  const phases = [points.voltage_v, points.voltage_l1_v, points.voltage_l2_v, points.voltage_l3_v];
  const values = phases.filter((point) => point?.kind === 'value');
  const { frequency_hz: frequency } = points;
  const beside = values.filter(
    ({ mono }) => frequency?.kind !== 'value' || Math.abs(mono - frequency.mono) <= TOGETHER_MS,
  );
  return beside.length > 0 ? Math.min(...beside.map(({ value }) => value)) : undefined;
}
