import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '#agent/state/observation.ts';
import { devicesOf } from '#agent/state/picture.ts';
import { accepted, after, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import { emptyMemory } from '../plan.ts';
import type { Block } from './offer.ts';
import { offer } from './offer.ts';

/** 15, 20 and 30 J/TH; m03 is seen to be slow and unsure. */
const learned = { drop90S: 8, rampUpS: 90, failureOdds: 0.1 };
const devices = [
  miner('m01', { learned: { failureOdds: 0 } }),
  miner('m02', { learned: { failureOdds: 0 } }),
  miner('m03', { learned }),
];
const ths = { m01: { ratedHashrateThs: 200 }, m02: { ratedHashrateThs: 150 }, m03: { ratedHashrateThs: 100 } };
const priced = { market: { hash_usd_per_ph_day: 50 } };

function offered(policy: Record<string, unknown>, ...observations: Observation[]) {
  const picture = seen(rackOf(devices, ths), after(1), ...observations);
  const rules = policyOf(policy);
  const { memory } = decide(rackOf(devices, ths), rules, emptyMemory, after(0), RACK);
  const { plan, memory: next } = decide(picture, rules, memory, after(1), RACK);
  return offer({ picture, policy: rules, memory: next, plan, rack: RACK }, after(1));
}

const told = (blocks: readonly Block[]) =>
  blocks.map(({ watts, usdPerMwh, seconds, confidence }) => [
    Math.round(watts),
    usdPerMwh === undefined ? undefined : Math.round(usdPerMwh),
    seconds,
    confidence,
  ]);

test('the miner that earns least per watt is offered first, at the price from which resting pays', () => {
  const { down, up, ratedW, forS } = offered(priced);
  assert.deepEqual(told(down), [
    [2980, 69, 8, 0.9],
    [2980, 104, 2, 1],
    [2980, 139, 2, 1],
  ]);
  assert.deepEqual([up, ratedW, forS], [[], 9000, 86_400]);
});

test('what sleeps for an order is offered upwards, what earns most first, with its learned time to rise', () => {
  const order = accepted({ kind: 'ceiling', fraction: 0 }, { ramp: { down_w_per_s: null, up_w_per_s: null } });
  const { down, up } = offered(priced, { kind: 'order', accepted: order });
  assert.deepEqual(down, []);
  assert.deepEqual(
    up.map(({ usdPerMwh, seconds }) => [Math.round(usdPerMwh ?? 0), seconds]),
    [
      [139, 60],
      [104, 60],
      [69, 90],
    ],
  );
});

test('the prices of an order in force count, and without any the watts are offered without a price', () => {
  const prices = accepted({ kind: 'market', energy_usd_per_mwh: 10, hash_usd_per_ph_day: 100 }, { program: 'price' });
  assert.deepEqual(told(offered(priced, { kind: 'order', accepted: prices }).down)[0]?.[1], 139);
  assert.deepEqual(
    offered({}).down.map(({ usdPerMwh, devices: count }) => [usdPerMwh, count]),
    [
      [undefined, 2],
      [undefined, 1],
    ],
  );
});

test('a protected device, and one that does not do as told, are not offered', () => {
  const gone = { kind: 'deviceTrouble', device: 'm02', trouble: { kind: 'unreachable', message: 'gone' } } as const;
  assert.deepEqual(
    offered({ ...priced, protect: ['m01'] }, gone).down.map(({ devices: count, seconds }) => [count, seconds]),
    [[1, 8]],
  );
});

test('a rack that a person runs offers nothing', () => {
  const manual = { kind: 'local', lockedOut: [], manualUntil: after(60).wall } as const;
  const { down, up } = offered(priced, manual);
  assert.deepEqual([down, up], [[], []]);
});

test('upwards only as much is offered as the inlet leaves room for, and nothing while the grid is low', () => {
  const order = accepted({ kind: 'ceiling', fraction: 0 }, { ramp: { down_w_per_s: null, up_w_per_s: null } });
  const inlet = (temperatureC: number): Observation[] => [
    { ...inventory, sensors: [{ id: 'inlet', role: 'inlet', periodMs: 5000 }] },
    { kind: 'sensor', sensor: 'inlet', reading: { temperatureC } },
    { kind: 'order', accepted: order },
  ];
  const upW = (temperatureC: number) =>
    Math.round(
      offered({ ...priced, restore: { inlet_below_c: 35 } }, ...inlet(temperatureC)).up.reduce(
        (sum, each) => sum + each.watts,
        0,
      ),
    );
  assert.deepEqual([25, 33, 34.6, 36].map(upW), [8940, 3576, 0, 0]);
  const derating = { ...priced, thermal: { inlet_warn_c: 35, inlet_trip_c: 42 } };
  const hot = offered(derating, ...inlet(33)).up.reduce((sum, each) => sum + each.watts, 0);
  assert.equal(Math.round(hot), 3576, 'where heat begins to take watts away counts too');
  const low = { kind: 'meter', meter: 'feed', reading: { frequencyHz: 59.8 } } as const;
  const { up } = offered({ ...priced, restore: { above_hz: 59.95 } }, low, { kind: 'order', accepted: order });
  assert.deepEqual(up, []);
});

const rack = rackOf(devices, ths);
const inventory = {
  kind: 'inventory' as const,
  devices: devicesOf(rack).map(({ facts }) => facts),
  meters: Object.values(rack.meters).map(({ facts }) => facts),
  sensors: [],
  pdus: [],
  workloads: [],
};
