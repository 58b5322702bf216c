import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdapterError } from '#adapters/errors.ts';
import type { Reading } from '#adapters/modbus/instrument.ts';
import { meterReading } from './meters.ts';
import { pduReading } from './pdus.ts';
import { sensorReading } from './sensors.ts';

const value = (number: number) => ({ kind: 'value', value: number, raw: [], mono: 0 }) as const;
const silent = { kind: 'failed', error: new AdapterError('timedOut', 'bus rtu1: unit 10 did not answer') } as const;
const points = (each: Reading['points']): Reading => ({ points: each });

test('a sensor says what it feels, and nothing of what it lacks', () => {
  const both = points({ temperature_c: value(24.5), humidity_pct: value(41) });
  assert.deepEqual(sensorReading(both), { temperatureC: 24.5, humidityPct: 41 });
  assert.deepEqual(sensorReading(points({ temperature_c: value(24.5) })), { temperatureC: 24.5 });
});

test('a sensor without a temperature has failed, whatever its humidity', () => {
  assert.throws(() => sensorReading(points({ temperature_c: silent, humidity_pct: value(41) })), silent.error);
  const broken = { kind: 'implausible', detail: '3276.7 is not between -40 and 85', raw: [32_767], mono: 0 } as const;
  assert.throws(
    () => sensorReading(points({ temperature_c: broken })),
    /temperature_c: 3276.7 is not .* \(raw 32767\)/,
  );
});

test('a PDU says what each outlet feeds, and an outlet that failed says nothing', () => {
  const outlets = [
    { outlet: 1, ...points({ on: value(1), power_w: value(3400) }) },
    { outlet: 2, ...points({ on: value(0), power_w: value(0) }) },
    { outlet: 3, ...points({ on: silent, power_w: silent }) },
  ];
  assert.deepEqual(pduReading(points({ power_w: value(3410) }), outlets), {
    powerW: 3410,
    outlets: [{ outlet: 1, on: true, powerW: 3400 }, { outlet: 2, on: false, powerW: 0 }, { outlet: 3 }],
  });
});

test('a PDU whose inlet cannot be read has failed', () => {
  assert.throws(() => pduReading(points({ power_w: silent }), []), silent.error);
});

test('a PDU that measures no inlet has failed when none of its outlets can be read', () => {
  const mute = { outlet: 1, ...points({ on: silent }) };
  assert.throws(() => pduReading(points({}), [mute, { ...mute, outlet: 2 }]), silent.error);
  assert.equal(pduReading(points({}), [mute, { outlet: 2, ...points({ on: value(1) }) }]).outlets[1]?.on, true);
});

test('a coolant unit whose flow sensor is broken still says what else it feels', () => {
  const said = points({ coolant_in_c: value(31.5), flow_lpm: silent, pressure_kpa: value(140), leak: value(0) });
  assert.deepEqual(sensorReading(said), { coolantInC: 31.5, pressureKpa: 140, leak: false });
  assert.throws(() => sensorReading(points({ flow_lpm: silent })), silent.error);
});

test('a coolant unit is dry only when every place that it watches is', () => {
  assert.equal(sensorReading(points({ leak: value(0), leak_floor: value(1) })).leak, true);
  assert.equal(sensorReading(points({ leak: value(0), leak_floor: value(0) })).leak, false);
  assert.equal(sensorReading(points({ leak: value(0), leak_floor: silent })).leak, undefined);
});

test('of the phases of a meter the lowest counts: a frequency read from one that sags is not believed', () => {
  const phases = { voltage_l1_v: value(230.5), voltage_l2_v: value(188), voltage_l3_v: value(231) };
  assert.deepEqual(meterReading(points({ power_w: value(8000), frequency_hz: value(59.98), ...phases })), {
    powerW: 8000,
    voltageV: 188,
    frequencyHz: 59.98,
  });
  const before = { ...phases.voltage_l2_v, mono: -1001 };
  const { voltageV } = meterReading(
    points({ power_w: value(8000), frequency_hz: value(59.98), ...phases, voltage_l2_v: before }),
  );
  assert.equal(voltageV, 230.5, 'what was read long before says nothing of this frequency');
});
