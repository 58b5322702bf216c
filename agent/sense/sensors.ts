/** Reads each sensor: what it feels, from whatever registers its map says. */
import type { Reading } from '#adapters/modbus/instrument.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Observation, SensorReading } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import { CountedFlow } from './counted-flow.ts';
import type { Watched } from './instrument-polls.ts';
import { pollersOf } from './instrument-polls.ts';
import { defined, leadingValueIn, valueIn } from './points.ts';
import type { Poller } from './poller.ts';

export function watchSensor(sensor: Watched, clock: Clock, observe: (observation: Observation) => void): Poller[] {
  const { id } = sensor;
  const flow = new CountedFlow();
  const heard = (reading: Reading) => {
    const counted = reading.points.volume_l;
    const flowLpm = counted?.kind === 'value' ? flow.add(counted.value, counted.mono) : undefined;
    observe({ kind: 'sensor', sensor: id, reading: { ...defined({ flowLpm }), ...sensorReading(reading) } });
  };
  const failed = (error: unknown) => {
    const trouble = troubleOf(error);
    if (trouble) observe({ kind: 'sensorTrouble', sensor: id, trouble });
  };
  return pollersOf(sensor, clock, heard, failed);
}

/** What a sensor is there for; humidity alone says little. */
const leaks = ['leak', 'leak_external', 'leak_pan', 'leak_floor'] as const;
const leading = [
  ...(['temperature_c', 'coolant_in_c', 'coolant_out_c', 'flow_lpm', 'volume_l', 'pressure_kpa'] as const),
  ...leaks,
];

/** @throws what went wrong, when nothing of what the sensor is there for can be told. */
export function sensorReading({ points }: Reading): SensorReading {
  if (leading.every((key) => valueIn(points, key) === undefined)) {
    for (const key of leading) leadingValueIn(points, key);
  }
  return defined({
    temperatureC: valueIn(points, 'temperature_c'),
    humidityPct: valueIn(points, 'humidity_pct'),
    coolantInC: valueIn(points, 'coolant_in_c'),
    coolantOutC: valueIn(points, 'coolant_out_c'),
    flowLpm: valueIn(points, 'flow_lpm'),
    pressureKpa: valueIn(points, 'pressure_kpa'),
    leak: leakIn(points),
  });
}

/** Dry only when every place that the instrument watches says so. */
function leakIn(points: Reading['points']): boolean | undefined {
  const watched = leaks.filter((key) => points[key] !== undefined).map((key) => valueIn(points, key));
  if (watched.includes(1)) return true;
  return watched.length === 0 || watched.includes(undefined) ? undefined : false;
}
