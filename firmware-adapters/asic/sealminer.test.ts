import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf, readingOf } from './sealminer.ts';

const row = {
  ASIC: 'Seal02-V1',
  Model: 'A2',
  Firmware: '2025091001',
  MAC: '02:a1:c0:ff:ee:06',
  'Ctrl Board SN': 'S1',
  'PM State': 'Running',
  'PSU Input Power': 3504,
  'Power Limit': 3500,
  'MHS(30s)': 220_400_000,
  'MHS(Rated)': 230_800_000,
  Temp: 70,
  'System Uptime': 2743,
  'Error Code': '',
  'PSU Error': '0x00000000',
  'Liquid Cooling': false,
  '0 Online': true,
  '0 Temp 2': 69,
  '0 Temp 3': 70,
  '1 Online': true,
  '1 Temp 2': 0,
  '0 Speed': 3723,
  '1 Speed': 3753,
};

test('a SealMiner that mines', () => {
  assert.deepEqual(readingOf({ STATS: [row] }), {
    asleep: false,
    powerW: 3504,
    powerFrom: 'psu',
    hashrateThs: 220.4,
    ratedHashrateThs: 230.8,
    chipMaxC: 70,
    boardC: [70],
    fanRpm: [3723, 3753],
    uptimeS: 2743,
    faults: [],
  });
});

test('only what it says of its state counts: an unknown word is neither asleep nor awake', () => {
  const asleep = (state: string) => readingOf({ STATS: [{ ...row, 'PM State': state }] }).asleep;
  assert.deepEqual([asleep('Suspended'), asleep('Booting')], [true, undefined]);
});

test('it lists what it complains of', () => {
  const ill = { ...row, 'Error Code': 'E105', 'PSU Error': '0x00000010' };
  assert.deepEqual(readingOf({ STATS: [ill] }).faults, ['Error Code: E105', 'PSU Error: 0x00000010']);
});

test('it says who it is, and another miner is not taken for it', () => {
  assert.deepEqual(identityOf({ STATS: [row] }), {
    make: 'Bitdeer',
    model: 'SealMiner A2',
    firmware: '2025091001',
    mac: '02:a1:c0:ff:ee:06',
    serial: 'S1',
  });
  assert.throws(() => identityOf({ STATS: [{ ID: 'BTM' }] }), { kind: 'unsupported' });
  assert.throws(() => identityOf({}), { kind: 'malformed' });
});
