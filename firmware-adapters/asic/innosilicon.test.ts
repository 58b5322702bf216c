import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf, readingOf } from './innosilicon.ts';

test('a miner that hashes, with its rate in either unit', () => {
  const all = (total_hash: object) => ({
    all: { total_hash, power: 2100, chain: [{ 'Temp max': 74 }, { 'Temp max': 0 }] },
  });
  assert.deepEqual(readingOf({ all: all({ 'Hash Rate H': 43e12 }), error: { code: '0' } }), {
    powerW: 2100,
    powerFrom: 'estimate',
    hashrateThs: 43,
    chipMaxC: 74,
    faults: [],
  });
  assert.equal(readingOf({ all: all({ 'Hash Rate': 43e6 }) }).hashrateThs, 43);
  assert.equal('hashrateThs' in readingOf({ all: all({}) }), false);
});

test('its fault is its code', () => {
  assert.deepEqual(readingOf({ all: { all: {} }, error: { code: 22 } }).faults, ['22']);
});

test('it says who it is', () => {
  const overview = { type: 'T3+', version: { ethaddr: '02:A1:C0:FF:EE:09', build_date: '2020-01-01' } };
  assert.deepEqual(identityOf(overview), {
    make: 'Innosilicon',
    model: 'T3+',
    firmware: '2020-01-01',
    mac: '02:a1:c0:ff:ee:09',
  });
});
