import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation, SensorFacts, SensorReading } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { settingText } from '#agent/state/setting.ts';
import type { Seconds } from '#protocol/units.ts';
import { accepted, after, inventory, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import type { Memory, Plan } from '../plan.ts';
import { emptyMemory } from '../plan.ts';

const devices = ['m01', 'm02'].map((id) => miner(id));
const sensors: SensorFacts[] = [
  { id: 'aisle', role: 'inlet', periodMs: 2000 },
  { id: 'loop', role: 'coolant_in', periodMs: 2000 },
  { id: 'floor', role: 'leak', periodMs: 2000 },
];
const thermal = { inlet_warn_c: 30, inlet_trip_c: 40, restart_below_c: 28, coolant_min_c: 5, flow_min_lpm: 8 };

/** Two miners of 3 kW in one aisle. */
class Aisle {
  readonly #policy;
  #picture: Picture;
  #memory: Memory = emptyMemory;

  constructor(policy: Record<string, unknown> = { thermal }) {
    this.#policy = policyOf(policy);
    const rack = rackOf(devices);
    const meters = Object.values(rack.meters).map(({ facts }) => facts);
    this.#picture = seen(rack, after(0), inventory({ devices, meters, sensors }));
    this.plan(0);
  }

  feels(s: Seconds, reading: SensorReading, sensor = 'aisle'): this {
    return this.hears(s, { kind: 'sensor', sensor, reading });
  }

  hears(s: Seconds, observation: Observation): this {
    this.#picture = seen(this.#picture, after(s), observation);
    this.plan(s);
    return this;
  }

  plan(s: Seconds): Plan {
    const { plan, memory } = decide(this.#picture, this.#policy, this.#memory, after(s), RACK);
    this.#memory = memory;
    return plan;
  }

  wants(s: Seconds): string {
    return this.plan(s)
      .devices.map(({ want }) => settingText(want))
      .join(', ');
  }
}

const heats: [celsius: number, wants: string][] = [
  [29.9, 'awake, awake'],
  [33, 'awake, awake at 40 %'],
  [37, 'awake at 60 %, asleep'],
  [40, 'asleep, asleep'],
  [55, 'asleep, asleep'],
];
for (const [temperatureC, wants] of heats) {
  test(`with an inlet at ${temperatureC} °C the rack runs ${wants}, and says why`, () => {
    const aisle = new Aisle().feels(1, { temperatureC });
    assert.equal(aisle.wants(1), wants);
    const [, second] = aisle.plan(1).devices;
    assert.match(second?.why ?? '', wants === 'awake, awake' ? /home/ : /the inlet at aisle is at/);
  });
}

test('after a trip nothing restarts before the aisle is cool, and then it comes back step by step', () => {
  const aisle = new Aisle().feels(1, { temperatureC: 41 }).feels(60, { temperatureC: 29 });
  assert.equal(aisle.wants(61), 'asleep, asleep');
  aisle.feels(100, { temperatureC: 27 });
  assert.equal(aisle.wants(100), 'awake at 20 %, asleep');
  for (let s = 102; s < 600; s += 2) aisle.feels(s, { temperatureC: 27 });
  assert.equal(aisle.wants(600), 'awake, awake');
});

test('noise of a sensor about a step moves no device up', () => {
  const aisle = new Aisle().feels(1, { temperatureC: 33.1 });
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
    const aisle = new Aisle({ thermal, protect: ['m01'] }).feels(1, reading, sensor);
    const { devices: planned } = aisle.plan(1);
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
  const aisle = new Aisle().feels(1, { temperatureC: 41 }).hears(2, { kind: 'order', accepted: order });
  assert.equal(aisle.wants(2), 'asleep, asleep');
});

test('a sensor that has fallen silent forbids a raise, takes the rack down slowly to half, and never trips it', () => {
  const aisle = new Aisle().feels(1, { temperatureC: 20 });
  assert.match(aisle.plan(20).noRaise ?? '', /sensor aisle is silent/);
  assert.equal(aisle.wants(200), 'awake, awake at 60 %');
  assert.equal(aisle.wants(7200), 'awake, asleep');
});

test('coolant that is too cold starts nothing, and stops nothing', () => {
  const aisle = new Aisle().feels(1, { coolantInC: 2, flowLpm: 20 }, 'loop');
  assert.match(aisle.plan(1).noRaise ?? '', /nothing starts below 5 °C/);
  assert.equal(aisle.wants(1), 'awake, awake');
});

test('a breaker bears so much, whatever an order or a home asks for', () => {
  const aisle = new Aisle({ breakers: [{ id: 'left', devices: ['m01', 'm02'], max_w: 4000 }] });
  assert.equal(aisle.wants(1), 'awake, awake at 33 %');
  assert.match(aisle.plan(1).devices[1]?.why ?? '', /breaker left bears 4000 W/);
});
