import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aisle } from '#test/support/aisle.ts';
import { accepted, miner } from '#test/support/pictures.ts';

const pump = miner('pump', { adapter: 'accelerator', kind: 'accelerator', ratedW: 400, residualW: 5 });
const miners = ['m01', 'm02', 'm03'].map((id) => miner(id));
const sleeping = { asleep: true };
const restored = { restore_window_s: 0 };
const atOnce = { down_w_per_s: null, up_w_per_s: null };
/** To wake all that sleeps. */
const floor = accepted({ kind: 'floor', watts: 9500 }, { ramp: atOnce });
const allAsleep = { m01: sleeping, m02: sleeping, m03: sleeping };
const wakes = (wants: string) => wants.split(', ').filter((want) => want.startsWith('awake')).length;

test('devices start one after the other, in as many turns as that takes, and each keeps its leave until it has', () => {
  const rack = new Aisle({ devices: miners, says: allAsleep, policy: { limits: restored, starts: { apart_s: 2 } } });
  rack.hears(1, { kind: 'order', accepted: floor });
  const counts = [1, 1, 2.5, 3, 3.2, 5, 9].map((s) => wakes(rack.wants(s)));
  assert.deepEqual(counts, [1, 1, 1, 2, 2, 3, 3]);
  assert.match(
    new Aisle({ devices: miners, says: allAsleep, policy: { starts: { apart_s: 2 } } })
      .hears(1, { kind: 'order', accepted: floor })
      .why(1, 'm03'),
    /waits for its turn: one starts every 2 s/,
  );
});

test('what has been told to start is not called back when another turn comes', () => {
  const rack = new Aisle({ devices: miners, says: allAsleep, policy: { limits: restored, starts: { apart_s: 60 } } });
  rack.hears(1, { kind: 'order', accepted: floor });
  rack.hears(1, { kind: 'asked', asks: [{ device: 'm01', setting: { kind: 'awake' } }] });
  rack.hears(2, { kind: 'acknowledged', device: 'm01', settleMs: 60_000, said: 'ok' });
  assert.equal(rack.wants(3), 'awake, asleep, asleep');
});

const cooling = { limits: restored, cooling: [{ device: 'pump', ahead_s: 20, run_on_s: 100, when_idle: 'stop' }] };
const cooled = (says: ConstructorParameters<typeof Aisle>[0]['says'] = {}) =>
  new Aisle({ devices: [...miners, pump], says: { ...says }, policy: cooling });

test('a pump starts first, and what it cools waits until it has run for a while', () => {
  const rack = cooled({ ...allAsleep, pump: sleeping });
  for (const s of [50, 100]) rack.plan(s);
  rack.hears(101, { kind: 'order', accepted: floor });
  assert.equal(rack.wants(101), 'asleep, asleep, asleep, awake');
  assert.match(rack.why(101, 'm01'), /waits until pump has run for 20 s/);
  rack.shows(103, { pump: false });
  assert.equal(rack.wants(122), 'asleep, asleep, asleep, awake');
  assert.equal(rack.wants(123), 'awake, awake, awake, awake');
});

test('it runs on after the last of them has stopped, and then stops', () => {
  const rack = cooled();
  rack.hears(1, { kind: 'order', accepted: accepted({ kind: 'ceiling', fraction: 0 }, { ramp: atOnce }) });
  assert.equal(rack.wants(1), 'asleep, asleep, asleep, awake');
  rack.shows(10, { m01: true, m02: true });
  assert.equal(rack.wants(200), 'asleep, asleep, asleep, awake', 'one has not said yet that it sleeps');
  rack.shows(201, { m03: true });
  assert.match(rack.why(250, 'pump'), /runs on for 100 s/);
  assert.equal(rack.wants(299), 'asleep, asleep, asleep, awake');
  assert.equal(rack.wants(302), 'asleep, asleep, asleep, asleep');
});

test('no order counts on a pump, and none takes it down', () => {
  const rack = cooled();
  const { devices, leastW } = rack
    .hears(1, { kind: 'order', accepted: accepted({ kind: 'ceiling', fraction: 0 }, { ramp: atOnce }) })
    .plan(1);
  assert.equal(devices.find(({ device }) => device === 'pump')?.want.kind, 'awake');
  assert.equal(leastW, 100 + 3 * 20 + 400);
});

test('heat trips what is cooled, and not what cools it', () => {
  const rack = new Aisle({
    devices: [...miners, pump],
    sensors: [{ id: 'aisle', role: 'inlet', periodMs: 2000 }],
    policy: { ...cooling, thermal: { inlet_trip_c: 40 } },
  });
  assert.equal(rack.feels(1, { temperatureC: 45 }).wants(1), 'asleep, asleep, asleep, awake');
});
