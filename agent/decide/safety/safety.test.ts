import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorFacts, SensorReading } from '#agent/state/observation.ts';
import { Aisle } from '#test/support/aisle.ts';
import { accepted, miner } from '#test/support/pictures.ts';

const devices = ['m01', 'm02'].map((id) => miner(id));
const sensors: SensorFacts[] = [
  { id: 'aisle', role: 'inlet', periodMs: 2000 },
  { id: 'loop', role: 'coolant_in', periodMs: 2000 },
  { id: 'floor', role: 'leak', periodMs: 2000 },
];
const thermal = { inlet_warn_c: 30, inlet_trip_c: 40, restart_below_c: 28, coolant_min_c: 5, flow_min_lpm: 8 };

/** Two miners of 3 kW in one aisle. */
const aisleOf = (policy: Record<string, unknown> = { thermal }) => new Aisle({ devices, sensors, policy });

const heats: [celsius: number, wants: string][] = [
  [29.9, 'awake, awake'],
  [33, 'awake, awake at 40 %'],
  [37, 'awake at 60 %, asleep'],
  [40, 'asleep, asleep'],
  [55, 'asleep, asleep'],
];
for (const [temperatureC, wants] of heats) {
  test(`with an inlet at ${temperatureC} °C the rack runs ${wants}, and says why`, () => {
    const aisle = aisleOf().feels(1, { temperatureC });
    assert.equal(aisle.wants(1), wants);
    const [, second] = aisle.plan(1).devices;
    assert.match(second?.why ?? '', wants === 'awake, awake' ? /home/ : /the inlet at aisle is at/);
  });
}

test('after a trip nothing restarts before the aisle is cool, and then it comes back step by step', () => {
  const aisle = aisleOf().feels(1, { temperatureC: 41 }).feels(60, { temperatureC: 29 });
  assert.equal(aisle.wants(61), 'asleep, asleep');
  aisle.feels(100, { temperatureC: 27 });
  assert.equal(aisle.wants(100), 'awake at 20 %, asleep');
  for (let s = 102; s < 600; s += 2) aisle.feels(s, { temperatureC: 27 });
  assert.equal(aisle.wants(600), 'awake, awake');
});

test('noise of a sensor about a step moves no device up', () => {
  const aisle = aisleOf().feels(1, { temperatureC: 33.1 });
  const before = aisle.wants(1);
  for (const [i, temperatureC] of [32.9, 33.1, 32.8, 33, 32.9].entries()) {
    assert.equal(aisle.feels(2 + i, { temperatureC }).wants(2 + i), before);
  }
});

const trips: [what: string, sensor: string, reading: SensorReading][] = [
  ['a leak', 'floor', { leak: true }],
  ['too little flow', 'loop', { coolantInC: 25, flowLpm: 3 }],
];
for (const [what, sensor, reading] of trips) {
  test(`${what} takes all down, also what is protected from orders`, () => {
    const aisle = aisleOf({ thermal, protect: ['m01'] }).feels(1, reading, sensor);
    const { devices: planned, trips: told } = aisle.plan(1);
    assert.equal(told.length, 1);
    assert.deepEqual(
      planned.map(({ want, hands }) => [want.kind, hands]),
      [
        ['asleep', 'on'],
        ['asleep', 'on'],
      ],
    );
  });
}

test('no order raises what heat has taken down', () => {
  const ramp = { down_w_per_s: null, up_w_per_s: null };
  const order = accepted({ kind: 'floor', fraction: 1 }, { ramp });
  const aisle = aisleOf().feels(1, { temperatureC: 41 }).hears(2, { kind: 'order', accepted: order });
  assert.equal(aisle.wants(2), 'asleep, asleep');
});

test('a sensor that has fallen silent forbids a raise, takes the rack down slowly to half, and never trips it', () => {
  const aisle = aisleOf().feels(1, { temperatureC: 20 });
  assert.match(aisle.plan(20).noRaise ?? '', /sensor aisle is silent/);
  assert.equal(aisle.wants(200), 'awake, awake at 60 %');
  assert.equal(aisle.wants(7200), 'awake, asleep');
});

test('coolant that is too cold starts nothing, and stops nothing', () => {
  const aisle = aisleOf().feels(1, { coolantInC: 2, flowLpm: 20 }, 'loop');
  assert.match(aisle.plan(1).noRaise ?? '', /nothing starts below 5 °C/);
  assert.equal(aisle.wants(1), 'awake, awake');
});

test('a breaker bears so much, whatever an order or a home asks for', () => {
  const aisle = aisleOf({ breakers: [{ id: 'left', devices: ['m01', 'm02'], max_w: 4000 }] });
  assert.equal(aisle.wants(1), 'awake, awake at 33 %');
  assert.match(aisle.plan(1).devices[1]?.why ?? '', /breaker left bears 4000 W/);
});

test('a trip outlasts the sensor that saw it: not knowing is not cool', () => {
  const aisle = aisleOf().feels(1, { temperatureC: 41 });
  assert.equal(aisle.wants(600), 'asleep, asleep');
  assert.match(aisle.why(600, 'm01'), /no sensor has spoken since it was too hot/);
});

const ramp = { down_w_per_s: null, up_w_per_s: null };
const floor = (watts: number) => accepted({ kind: 'floor', watts }, { ramp });

test('a floor that heat keeps the rack from is overridden, with the watts that are missing, and goes on when it is cool', () => {
  const aisle = aisleOf()
    .feels(1, { temperatureC: 37 })
    .hears(2, { kind: 'order', accepted: floor(5500) });
  const [told] = aisle.steps.filter(({ phase }) => phase === 'overridden');
  assert.match(told?.why ?? '', /overridden, 3580 W too few: the inlet at aisle is at 37.0 °C/);
  aisle.plan(3);
  assert.equal(aisle.steps.filter(({ phase }) => phase === 'overridden').length, 1, 'it is told once');
  for (let s = 4; s < 400; s += 2) aisle.feels(s, { temperatureC: 20 });
  assert.deepEqual(
    aisle.steps.map(({ phase }) => phase),
    ['overridden', 'acting', 'acknowledged', 'confirmed'],
  );
});

test('what safety takes is no override of an order that asks for less', () => {
  const ceiling = accepted({ kind: 'ceiling', watts: 5000 }, { ramp });
  const aisle = aisleOf().feels(1, { temperatureC: 37 }).hears(2, { kind: 'order', accepted: ceiling });
  assert.ok(!aisle.steps.some(({ phase }) => phase === 'overridden'));
});
