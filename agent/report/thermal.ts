/** What the sensors feel, as a payload. */
import type { Now } from '#agent/state/observation.ts';
import type { At, Picture, SensorView } from '#agent/state/picture.ts';
import { ageMs } from '#agent/state/picture.ts';
import { freshReading } from '#agent/state/staleness.ts';
import type { SensorRole, Thermal } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { VALID_PERIODS } from './telemetry.ts';

export function thermalPayload(picture: Picture, periodMs: Millis, now: Now): Thermal {
  const sensors = Object.values(picture.sensors);
  const inlet = greatest(sensors, 'inlet', 'temperatureC', now);
  const outlet = greatest(sensors, 'outlet', 'temperatureC', now);
  const coolant = greatest(sensors, 'coolant', 'temperatureC', now);
  const humidity = greatest(sensors, 'inlet', 'humidityPct', now);
  return {
    v: 1,
    at: timestampOf(now.wall),
    valid_s: (VALID_PERIODS * periodMs) / 1000,
    inlet_c: inlet.value,
    inlet_age_ms: inlet.age,
    outlet_c: outlet.value,
    outlet_age_ms: outlet.age,
    coolant_c: coolant.value,
    coolant_age_ms: coolant.age,
    humidity_pct: humidity.value,
    humidity_age_ms: humidity.age,
    sensors: sensors.map((sensor) => sensorPayload(sensor, now)),
  };
}

type Quantity = 'temperatureC' | 'humidityPct';
type Felt = { value: number | null; age: Millis | null };

function greatest(sensors: readonly SensorView[], role: SensorRole, quantity: Quantity, now: Now): Felt {
  const felt = sensors
    .filter(({ facts }) => facts.role === role)
    .map((sensor) => feltBy(freshReading(sensor, now), quantity, now));
  return felt.reduce((most, each) => ((each.value ?? -Infinity) > (most.value ?? -Infinity) ? each : most), nothing);
}

const nothing: Felt = { value: null, age: null };

function feltBy(reading: At<Partial<Record<Quantity, number>>> | undefined, quantity: Quantity, now: Now): Felt {
  const value = reading?.[quantity];
  return value === undefined ? nothing : { value, age: Math.round(ageMs(reading, now) ?? 0) };
}

function sensorPayload(sensor: SensorView, now: Now): Thermal['sensors'][number] {
  const reading = freshReading(sensor, now);
  const { id, role } = sensor.facts;
  const temperature = feltBy(reading, 'temperatureC', now);
  const humidity = feltBy(reading, 'humidityPct', now);
  return {
    sensor: id,
    role,
    temperature_c: temperature.value,
    humidity_pct: humidity.value,
    age_ms: temperature.age ?? humidity.age,
  };
}
