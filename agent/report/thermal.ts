/** What the sensors feel, as a payload. */
import type { Felt, Quantity } from '#agent/state/felt.ts';
import { felt, feltLeak } from '#agent/state/felt.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture, SensorView } from '#agent/state/picture.ts';
import { ageMs } from '#agent/state/picture.ts';
import { freshReading } from '#agent/state/staleness.ts';
import type { Thermal } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { VALID_PERIODS } from './telemetry.ts';

export function thermalPayload(picture: Picture, periodMs: Millis, now: Now): Thermal {
  const of = (quantity: Quantity) => told(felt(picture, quantity, now));
  const [inlet, outlet, humidity] = [of('inletC'), of('outletC'), of('humidityPct')];
  const [coolant, coolantIn, coolantOut] = [of('coolantC'), of('coolantInC'), of('coolantOutC')];
  const [flow, pressure, leak] = [of('flowLpm'), of('pressureKpa'), told(feltLeak(picture, now))];
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
    coolant_in_c: coolantIn.value,
    coolant_in_age_ms: coolantIn.age,
    coolant_out_c: coolantOut.value,
    coolant_out_age_ms: coolantOut.age,
    humidity_pct: humidity.value,
    humidity_age_ms: humidity.age,
    flow_lpm: flow.value,
    flow_age_ms: flow.age,
    pressure_kpa: pressure.value,
    pressure_age_ms: pressure.age,
    leak: leak.value,
    leak_age_ms: leak.age,
    sensors: Object.values(picture.sensors).map((sensor) => sensorPayload(sensor, now)),
  };
}

function told<T>(found: Felt<T> | undefined): { value: T | null; age: Millis | null } {
  return { value: found?.value ?? null, age: found ? Math.round(found.ageMs) : null };
}

function sensorPayload(sensor: SensorView, now: Now): Thermal['sensors'][number] {
  const reading = freshReading(sensor, now);
  const { id, role } = sensor.facts;
  return {
    sensor: id,
    role,
    temperature_c: reading?.temperatureC ?? null,
    humidity_pct: reading?.humidityPct ?? null,
    coolant_in_c: reading?.coolantInC ?? null,
    coolant_out_c: reading?.coolantOutC ?? null,
    flow_lpm: reading?.flowLpm ?? null,
    pressure_kpa: reading?.pressureKpa ?? null,
    leak: reading?.leak ?? null,
    age_ms: reading ? Math.round(ageMs(reading, now) ?? 0) : null,
  };
}
