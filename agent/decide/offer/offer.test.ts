import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '#agent/state/observation.ts';
import { devicesOf } from '#agent/state/picture.ts';
import { accepted, after, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import { emptyMemory } from '../plan.ts';
import type { Block } from './curve.ts';
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
  const { down, up, ...rest } = offer({ picture, policy: rules, memory: next, plan, rack: RACK }, after(1));
  return { ...rest, down: down.blocks, up: up.blocks, noDown: down.whyNone, noUp: up.whyNone };
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
      [104, 60.25],
      [69, 90.5],
    ],
  );
});

test('the prices of an order in force count, and without any the watts are offered without a price', () => {
  const prices = accepted({ kind: 'market', energy_usd_per_mwh: 10, hash_usd_per_ph_day: 100 }, { program: 'price' });
  assert.deepEqual(told(offered(priced, { kind: 'order', accepted: prices }).down)[0]?.[1], 139);
  assert.deepEqual(
    offered({}).down.map(({ usdPerMwh }) => usdPerMwh),
    [undefined, undefined, undefined],
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

test('without a price the miner that takes most joules for a terahash is offered first', () => {
  const bare = [miner('m01'), miner('m02'), miner('m03')];
  const picture = rackOf(bare, ths);
  const rules = policyOf();
  const { plan, memory } = decide(picture, rules, emptyMemory, after(1), RACK);
  const { down } = offer({ picture, policy: rules, memory, plan, rack: RACK }, after(1));
  assert.deepEqual(
    down.blocks.map(({ joulesPerTh }) => joulesPerTh),
    [30, 20, 15],
  );
});

test('no more is offered than the policy’s minimum and ceiling leave', () => {
  const sum = (blocks: readonly Block[]) => Math.round(blocks.reduce((total, { watts }) => total + watts, 0));
  const { down } = offered({ ...priced, limits: { min_w: 5000 } });
  assert.equal(sum(down), 9100 - 5000);
  const order = accepted({ kind: 'ceiling', fraction: 0 }, { ramp: { down_w_per_s: null, up_w_per_s: null } });
  const { up } = offered({ ...priced, limits: { ceiling_w: 4000 } }, { kind: 'order', accepted: order });
  assert.equal(sum(up), 4000 - 160);
});

test('what a breaker bears is all that is offered of the devices behind it', () => {
  const order = accepted({ kind: 'ceiling', fraction: 0 }, { ramp: { down_w_per_s: null, up_w_per_s: null } });
  const breakers = [{ id: 'left', devices: ['m01', 'm02'], max_w: 3000 }];
  const { up } = offered({ ...priced, breakers }, { kind: 'order', accepted: order });
  assert.ok(Math.abs(up.reduce((sum, { watts }) => sum + watts, 0) - (3000 + 3000 - 60)) < 50);
});

test('the seconds hold for all that came before it too, at the policy’s ramp and one start after the other', () => {
  const { down } = offered({ ...priced, limits: { step_down_w_per_s: 298 } });
  assert.deepEqual(
    down.map(({ seconds }) => seconds),
    [18, 22, 32],
  );
});

test('where there is nothing to offer it says why', () => {
  assert.match(offered(priced).noUp ?? '', /all that can be told to run runs in full/);
  assert.match(offered({ ...priced, protect: ['m01', 'm02', 'm03'] }).noDown ?? '', /m01 is left alone \(protected/);
  assert.match(offered({ ...priced, limits: { min_w: 9500 } }).noDown ?? '', /the policy’s minimum of 9500 W/);
});
