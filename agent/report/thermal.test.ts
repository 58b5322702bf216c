import assert from 'node:assert/strict';
import { test } from 'node:test';
import { felt } from '#agent/state/felt.ts';
import { fold } from '#agent/state/fold.ts';
import type { Now, Observation, SensorFacts, SensorReading } from '#agent/state/observation.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import { thermal } from '#protocol/telemetry.ts';
import { epochMs } from '#protocol/time.ts';
import { inventory } from '#test/support/pictures.ts';
import { alarmsOf } from './alarms.ts';
import { thermalPayload } from './thermal.ts';

const at = (mono: number): Now => ({ mono, wall: epochMs('2026-11-21T21:00:00Z') + mono });
const sensor = (id: string, role: SensorFacts['role']): SensorFacts => ({ id, role, periodMs: 2000 });
const sensors = [sensor('low', 'inlet'), sensor('high', 'inlet'), sensor('back', 'outlet')];
const liquid = [sensor('cdu', 'coolant'), sensor('supply', 'coolant_in'), sensor('rope', 'leak')];

/** A rack whose sensors said each of these at its moment. */
function rack(...said: [ms: number, id: string, reading: SensorReading][]) {
  return rackWith(sensors, ...said);
}

function rackWith(listed: readonly SensorFacts[], ...said: [ms: number, id: string, reading: SensorReading][]) {
  const start = fold(emptyPicture, inventory({ sensors: listed }), at(0));
  const observations = said.map(([ms, id, reading]): [number, Observation] => [
    ms,
    { kind: 'sensor', sensor: id, reading },
  ]);
  return observations.reduce((picture, [ms, observation]) => fold(picture, observation, at(ms)), start);
}

const silence = {
  temperature_c: null,
  humidity_pct: null,
  coolant_in_c: null,
  coolant_out_c: null,
  flow_lpm: null,
  pressure_kpa: null,
  leak: null,
  age_ms: null,
};

test('the warmest inlet counts, and the dampest, each with its own age', () => {
  const picture = rack(
    [1000, 'low', { temperatureC: 22.5, humidityPct: 48 }],
    [1500, 'high', { temperatureC: 27.1, humidityPct: 39 }],
    [1800, 'back', { temperatureC: 44, humidityPct: 80 }],
  );
  const payload = thermal.parse(thermalPayload(picture, 2000, at(2000)));
  assert.equal(payload.valid_s, 6);
  assert.deepEqual([payload.inlet_c, payload.inlet_age_ms], [27.1, 500]);
  assert.deepEqual([payload.humidity_pct, payload.humidity_age_ms], [48, 1000]);
  assert.deepEqual([payload.outlet_c, payload.outlet_age_ms], [44, 200]);
  assert.deepEqual([payload.coolant_c, payload.coolant_age_ms], [null, null]);
  assert.deepEqual(payload.sensors[1], {
    sensor: 'high',
    role: 'inlet',
    ...silence,
    temperature_c: 27.1,
    humidity_pct: 39,
    age_ms: 500,
  });
});

test('a sensor that fell silent no longer counts, and says so by an alarm that goes when it speaks again', () => {
  const silent = rack([1000, 'low', { temperatureC: 22.5 }], [9000, 'back', { temperatureC: 44 }]);
  const { sensors: each, inlet_c } = thermalPayload(silent, 2000, at(11_001));
  assert.equal(inlet_c, null);
  assert.deepEqual(each[0], { sensor: 'low', role: 'inlet', ...silence });
  const alarms = alarmsOf(silent, at(11_001), 0);
  assert.deepEqual([...alarms.keys()], ['sensor-low', 'sensor-high']);
  const trouble = { kind: 'timedOut', message: 'unit 10 did not answer' } as const;
  const troubled = fold(silent, { kind: 'sensorTrouble', sensor: 'low', trouble }, at(11_001));
  assert.equal(
    alarmsOf(troubled, at(11_001), 0).get('sensor-low')?.message,
    'sensor low is silent: unit 10 did not answer',
  );
  const heard: Observation = { kind: 'sensor', sensor: 'low', reading: { temperatureC: 23 } };
  const healed = fold(troubled, heard, at(12_000));
  assert.equal(alarmsOf(healed, at(12_000), 0).has('sensor-low'), false);
  assert.equal(healed.sensors['low']?.trouble, undefined);
});

test('temperatures below zero are told as they are', () => {
  assert.equal(thermalPayload(rack([0, 'low', { temperatureC: -12.5 }]), 2000, at(0)).inlet_c, -12.5);
});

test('coolant is told by what it does: its way in and out, the least flow, the highest pressure', () => {
  const picture = rackWith(
    liquid,
    [1000, 'cdu', { coolantInC: 31.5, coolantOutC: 44.2, flowLpm: 38, pressureKpa: 140 }],
    [1400, 'supply', { temperatureC: 33, flowLpm: 12.5, pressureKpa: 120 }],
  );
  const payload = thermal.parse(thermalPayload(picture, 2000, at(2000)));
  assert.deepEqual([payload.coolant_c, payload.coolant_age_ms], [44.2, 1000]);
  assert.deepEqual([payload.coolant_in_c, payload.coolant_in_age_ms], [33, 600]);
  assert.deepEqual([payload.coolant_out_c, payload.coolant_out_age_ms], [44.2, 1000]);
  assert.deepEqual([payload.flow_lpm, payload.flow_age_ms], [12.5, 600]);
  assert.deepEqual([payload.pressure_kpa, payload.pressure_age_ms], [140, 1000]);
  assert.equal(payload.leak, null);
  assert.equal(felt(picture, 'coolantLeastC', at(2000))?.value, 31.5);
});

test('one wet sensor is a leak and an alarm, however many are dry', () => {
  const dry = rackWith(liquid, [0, 'cdu', { leak: false, flowLpm: 38 }], [0, 'rope', { leak: false }]);
  assert.equal(thermalPayload(dry, 2000, at(1000)).leak, false);
  assert.equal(alarmsOf(dry, at(1000), 0).has('leak'), false);
  const wet = fold(dry, { kind: 'sensor', sensor: 'rope', reading: { leak: true } }, at(1200));
  const payload = thermalPayload(wet, 2000, at(1500));
  assert.deepEqual([payload.leak, payload.leak_age_ms], [true, 300]);
  assert.deepEqual(alarmsOf(wet, at(1500), 0).get('leak'), { severity: 'critical', message: 'sensor rope is wet' });
});
