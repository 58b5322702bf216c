/** Reads each sensor: what it feels, from whatever registers its map says. */
import type { Reading } from '#adapters/modbus/instrument.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Observation, SensorReading } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import type { Watched } from './instrument-polls.ts';
import { pollersOf } from './instrument-polls.ts';
import { defined, leadingValueIn, valueIn } from './points.ts';
import type { Poller } from './poller.ts';

export function watchSensor(sensor: Watched, clock: Clock, observe: (observation: Observation) => void): Poller[] {
  const { id } = sensor;
  const heard = (reading: Reading) => observe({ kind: 'sensor', sensor: id, reading: sensorReading(reading) });
  const failed = (error: unknown) => {
    const trouble = troubleOf(error);
    if (trouble) observe({ kind: 'sensorTrouble', sensor: id, trouble });
  };
  return pollersOf(sensor, clock, heard, failed);
}

/** What a sensor is there for; humidity alone says little. */
const leading = ['temperature_c', 'coolant_in_c', 'coolant_out_c', 'flow_lpm', 'pressure_kpa', 'leak'] as const;

/** @throws what went wrong, when nothing of what the sensor is there for can be told. */
export function sensorReading({ points }: Reading): SensorReading {
  if (leading.every((key) => valueIn(points, key) === undefined)) {
    for (const key of leading) leadingValueIn(points, key);
  }
  const wet = valueIn(points, 'leak');
  return defined({
    temperatureC: valueIn(points, 'temperature_c'),
    humidityPct: valueIn(points, 'humidity_pct'),
    coolantInC: valueIn(points, 'coolant_in_c'),
    coolantOutC: valueIn(points, 'coolant_out_c'),
    flowLpm: valueIn(points, 'flow_lpm'),
    pressureKpa: valueIn(points, 'pressure_kpa'),
    leak: wet === undefined ? undefined : wet === 1,
  });
}
