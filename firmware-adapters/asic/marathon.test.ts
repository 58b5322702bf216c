import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf, readingOf } from './marathon.ts';

const brief = {
  status: 'Mining',
  hashrate_realtime: 141.2,
  hashrate_ideal: 140_000,
  power_consumption_estimated: 2950.5,
  elapsed: 4000,
};

test('a miner that mines', () => {
  const hashboards = {
    hashboards: [{ temperature_pcb: [50, 58], temperature_chip: [61, 66] }, { temperature_pcb: [] }],
  };
  assert.deepEqual(readingOf({ brief, hashboards, fans: { fans: [{ current_speed: 4000 }] } }), {
    asleep: false,
    powerW: 2950.5,
    powerFrom: 'estimate',
    hashrateThs: 141.2,
    ratedHashrateThs: 140,
    chipMaxC: 66,
    boardC: [58],
    fanRpm: [4000],
    uptimeS: 4000,
    faults: [],
  });
});

test('a rate in GH/s is known by the promise beside it, and one that fits neither way is none', () => {
  const rate = (hashrate_realtime: number) => readingOf({ brief: { ...brief, hashrate_realtime } }).hashrateThs;
  assert.deepEqual([rate(141_200), rate(141.2), rate(0), rate(3)], [141.2, 141.2, 0, undefined]);
});

test('only what it says of its state counts', () => {
  const asleep = (status: string) => readingOf({ brief: { ...brief, status } }).asleep;
  assert.deepEqual([asleep('Sleeping'), asleep('Starting')], [true, undefined]);
});

test('it says who it is', () => {
  const overview = { model: 'Antminer S19', mac: '02:A1:C0:FF:EE:08', version_firmware: '1.2' };
  assert.deepEqual(identityOf({ overview, network: { hostname: 'mara' } }), {
    make: 'Bitmain',
    model: 'Antminer S19',
    firmware: 'MaraFW 1.2',
    mac: '02:a1:c0:ff:ee:08',
    hostname: 'mara',
  });
});
