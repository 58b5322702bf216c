import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorFacts } from '#agent/state/observation.ts';
import type { AisleParts } from '#test/support/aisle.ts';
import { Aisle } from '#test/support/aisle.ts';
import { accepted, miner } from '#test/support/pictures.ts';

const left = ['m01', 'm02'];
const right = ['m03', 'm04'];
const devices = [...left, ...right].map((id) => miner(id));
const sensors: SensorFacts[] = [
  { id: 'in-left', role: 'inlet', covers: left, periodMs: 2000 },
  { id: 'in-right', role: 'inlet', covers: right, periodMs: 2000 },
  { id: 'tray', role: 'leak', covers: right, periodMs: 2000 },
];
const thermal = { inlet_warn_c: 30, inlet_trip_c: 40, restart_below_c: 28 };

/** Four miners of 3 kW, two in each of two zones, both cool and dry. */
function twoZones(change: Partial<AisleParts> = {}): Aisle {
  return new Aisle({ devices, sensors, policy: { thermal, starts: { apart_s: 0 } }, ...change })
    .feels(0, { temperatureC: 20 }, 'in-left')
    .feels(0, { temperatureC: 20 }, 'in-right')
    .feels(0, { leak: false }, 'tray');
}

test('heat takes watts from the zone that its sensor covers, and from no other', () => {
  const aisle = twoZones().feels(1, { temperatureC: 35 }, 'in-right');
  assert.equal(aisle.wants(1), 'awake, awake, awake, asleep');
  assert.match(aisle.why(1, 'm04'), /the inlet at in-right is at 35/);
});

test('a leak in one zone takes down that zone', () => {
  assert.equal(twoZones().feels(1, { leak: true }, 'tray').wants(1), 'awake, awake, asleep, asleep');
});

test('a zone comes back when it is cool itself, whatever another one is', () => {
  const aisle = twoZones().feels(1, { temperatureC: 41 }, 'in-left').feels(1, { temperatureC: 41 }, 'in-right');
  assert.equal(aisle.wants(1), 'asleep, asleep, asleep, asleep');
  for (let s = 2; s < 600; s += 2) {
    aisle
      .feels(s, { temperatureC: 20 }, 'in-left')
      .feels(s, { temperatureC: 29 }, 'in-right')
      .feels(s, { leak: false }, 'tray');
  }
  assert.equal(aisle.wants(600), 'awake, awake, asleep, asleep');
});

/** All asleep by an order that ends after a minute. */
function wakingAtOnce(): Aisle {
  const policy = { thermal, starts: { apart_s: 0 }, limits: { restore_window_s: 0 } };
  const off = accepted({ kind: 'ceiling', fraction: 0 }, { until: 60, ramp: { down_w_per_s: null, up_w_per_s: null } });
  const aisle = twoZones({ policy }).hears(1, { kind: 'order', accepted: off });
  assert.equal(aisle.wants(2), 'asleep, asleep, asleep, asleep');
  aisle.shows(30, { m01: true, m02: true, m03: true, m04: true });
  for (const sensor of ['in-left', 'in-right']) aisle.feels(59, { temperatureC: 20 }, sensor);
  aisle.feels(59, { leak: false }, 'tray').plan(60);
  return aisle;
}

test('nothing restarts into a zone that is hot; the other zone restarts', () => {
  assert.equal(wakingAtOnce().wants(61), 'awake, awake, awake, awake');
  const hot = wakingAtOnce().feels(60, { temperatureC: 31 }, 'in-right');
  assert.equal(hot.wants(61), 'awake, awake, asleep, asleep');
  assert.match(hot.why(61, 'm03'), /the inlet at in-right is at 31.0 °C: nothing starts into that/);
});

test('nothing restarts into a zone whose sensor has fallen silent', () => {
  const blind = wakingAtOnce().feels(69, { temperatureC: 20 }, 'in-left');
  assert.equal(blind.wants(70), 'awake, awake, asleep, asleep');
  assert.match(blind.why(70, 'm03'), /sensor in-right is silent|sensor tray is silent/);
});
