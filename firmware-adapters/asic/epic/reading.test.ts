import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { capabilitiesOf, identityOf, readingOf } from './reading.ts';

const summary = {
  Software: 'PowerPlay-BMS v1.15.0',
  Hostname: 'rig-1',
  Status: { 'Operating State': 'Mining', 'Last Error': null },
  Session: { Uptime: 3600 },
  'Power Supply Stats': { 'Input Power': 3010.5 },
  'Fans Rpm': { 'Fans Speed 1': 5900, 'Fans Speed 2': 0, 'Fans Speed 3': null },
  HBs: [
    { Index: 0, Hashrate: [48_000_000, 101.5], Temperature: 61 },
    { Index: 1, Hashrate: [47_000_000, 99], Temperature: 63.5 },
  ],
  PerpetualTune: { Running: true, Algorithm: { VoltageOptimizer: { Target: 100, Unit: 'TH/s' } } },
};

describe('a summary', () => {
  test('of a miner that mines', () => {
    assert.deepEqual(readingOf(summary), {
      asleep: false,
      powerW: 3010.5,
      powerFrom: 'psu',
      hashrateThs: 95,
      boardC: [61, 63.5],
      fanRpm: [5900, 0],
      uptimeS: 3600,
      faults: [],
    });
  });

  test('of one that idles', () => {
    const { asleep, faults } = readingOf({
      ...summary,
      Status: { 'Operating State': 'Idling', 'Last Error': 'RxMissing' },
    });
    assert.deepEqual({ asleep, faults }, { asleep: true, faults: ['RxMissing'] });
  });

  test('of one on its way is not asleep yet, or no longer', () => {
    for (const state of ['Stopping', 'Initializing', 'PreInitCooldown']) {
      assert.equal(readingOf({ ...summary, Status: { 'Operating State': state } }).asleep, false);
    }
  });

  test('has a limit while its tuner aims at watts, and under no other', () => {
    const tuned = (Running: boolean, Algorithm: object) =>
      readingOf({ ...summary, PerpetualTune: { Running, Algorithm } }).limit;
    assert.equal(tuned(true, { Power: { Target: 2800 } }), 2800);
    assert.equal(tuned(false, { Power: { Target: 2800 } }), undefined);
    assert.equal(tuned(true, { ChipTune: { Target: 100 } }), undefined);
  });

  test('without boards has no rate, and of a silent power supply no power', () => {
    const { hashrateThs, powerW } = readingOf({ ...summary, HBs: [], 'Power Supply Stats': { 'Input Power': 0 } });
    assert.deepEqual([hashrateThs, powerW], [undefined, undefined]);
  });

  test('of the wrong type names the field', () => {
    assert.throws(() => readingOf({ ...summary, HBs: 'none' }), { kind: 'malformed', message: /field "HBs"/ });
  });
});

test('what a limit may be is known where there is a tuner for it', () => {
  const option = (algorithm: string) => ({ algorithm, min: 1000, max: 3500 });
  const capabilities = { 'Default Hashrate': 100, PerpetualTune: [option('ChipTune'), option('Power')] };
  assert.deepEqual(capabilitiesOf(capabilities), { ratedHashrateThs: 100, powerRange: { min: 1000, max: 3500 } });
  assert.equal(capabilitiesOf({ PerpetualTune: [option('ChipTune')] }).powerRange, undefined);
});

test('it says who it is, and whose miner that was', () => {
  const replies = {
    summary,
    capabilities: { Model: 'AntMiner S19 XP' },
    network: { dhcp: { mac_address: '02:A1:C0:FF:EE:02' } },
  };
  assert.deepEqual(identityOf(replies), {
    make: 'Bitmain',
    model: 'AntMiner S19 XP',
    firmware: 'PowerPlay-BMS v1.15.0',
    mac: '02:a1:c0:ff:ee:02',
    hostname: 'rig-1',
  });
  assert.equal(identityOf({ ...replies, capabilities: { Model: 'BlockMiner 520i' } }).make, 'ePIC');
  assert.throws(() => identityOf({ ...replies, summary: { Status: {} } }), { kind: 'unsupported' });
});
