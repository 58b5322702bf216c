import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf, readingOf } from './reading.ts';

const info = {
  ASICModel: 'BM1370',
  version: 'v2.14.0',
  macAddr: '02:A1:C0:FF:EE:04',
  hostname: 'bitaxe',
  miningPaused: false,
  power: 18.25,
  hashRate: 1180.5,
  expectedHashrate: 1210,
  temp: 59.5,
  vrTemp: 62,
  fanrpm: 4200,
  uptimeSeconds: 86_400,
  overheat_mode: 0,
};

test('a Bitaxe that mines', () => {
  assert.deepEqual(readingOf(info), {
    asleep: false,
    powerW: 18.25,
    powerFrom: 'estimate',
    hashrateThs: 1.1805,
    ratedHashrateThs: 1.21,
    chipMaxC: 59.5,
    boardC: [62],
    fanRpm: [4200],
    uptimeS: 86_400,
    faults: [],
  });
});

test('a paused one says so, and one whose firmware knows no pause says nothing', () => {
  assert.equal(readingOf({ ...info, miningPaused: true }).asleep, true);
  assert.equal('asleep' in readingOf({ ...info, miningPaused: undefined }), false);
});

test('a sensor that is not there is no temperature', () => {
  const { chipMaxC, boardC } = readingOf({ ...info, temp: -1, vrTemp: 0 });
  assert.deepEqual([chipMaxC, boardC], [undefined, undefined]);
});

test('one that shut down from heat has a fault', () => {
  const { faults } = readingOf({ ...info, overheat_mode: 1, power_fault: 'over current' });
  assert.deepEqual(faults, ['overheat_mode: it has shut down from heat', 'power_fault: over current']);
});

test('it says who it is, and another web server is not taken for it', () => {
  assert.deepEqual(identityOf({ ...info, deviceModel: 'Gamma' }), {
    make: 'Bitaxe',
    model: 'Gamma',
    firmware: 'v2.14.0',
    mac: '02:a1:c0:ff:ee:04',
    hostname: 'bitaxe',
  });
  assert.throws(() => identityOf({ version: '1' }), { kind: 'unsupported' });
});
