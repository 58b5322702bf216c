/** Reads each sensor: what it feels, from whatever registers its map says. */
import type { Instrument, Reading } from '#adapters/modbus/instrument.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Observation, SensorReading } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import type { Millis } from '#protocol/units.ts';
import { defined, leadingValueIn, valueIn } from './points.ts';
import { Poller } from './poller.ts';

export function watchSensor(
  sensor: { id: string; periodMs: Millis; instrument: Instrument },
  clock: Clock,
  observe: (observation: Observation) => void,
): Poller {
  const { id, periodMs, instrument } = sensor;
  return new Poller({
    name: id,
    periodMs,
    clock,
    read: async (signal) =>
      observe({
        kind: 'sensor',
        sensor: id,
        reading: sensorReading(await instrument.read(['fast', 'normal'], signal)),
      }),
    failed: (error) => {
      const trouble = troubleOf(error);
      if (trouble) observe({ kind: 'sensorTrouble', sensor: id, trouble });
    },
  });
}

/** @throws what went wrong with the temperature, without which the rest says little. */
export function sensorReading({ points }: Reading): SensorReading {
  return defined({
    temperatureC: leadingValueIn(points, 'temperature_c'),
    humidityPct: valueIn(points, 'humidity_pct'),
  });
}
