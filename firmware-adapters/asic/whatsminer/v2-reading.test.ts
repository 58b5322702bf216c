import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsFaults, hashrateThs, identityOf, readingOf } from './v2-reading.ts';

/** API 2.0: air-cooled, mining. */
const summary = {
  'MHS av': 121_800_000,
  'MHS 1m': 122_400_000,
  'HS RT': 122_100_000,
  Temperature: 68.5,
  'Env Temp': 27.25,
  'Fan Speed In': 4980,
  'Fan Speed Out': 4890,
  Power: 3306,
  'Power Rate': 27.08,
  'Factory GHS': 122_000,
  'Chip Temp Max': 84.5,
  Uptime: 90_061,
};

test('an awake miner is read in watts, terahashes and degrees', () => {
  const replies = {
    status: { mineroff: 'false', power_pct: 100, FirmwareVersion: '20240315.12.REL' },
    summary,
    get_error_code: { error_code: [{ '218': '2026-01-05 10:30:00' }, { '110': '2026-01-05 10:31:00' }] },
  };
  assert.deepEqual(readingOf(replies), {
    asleep: false,
    powerW: 3306,
    powerFrom: 'estimate',
    limit: 100,
    hashrateThs: 122.1,
    ratedHashrateThs: 122,
    efficiencyJPerTh: 27.08,
    chipMaxC: 84.5,
    boardC: [68.5],
    inletC: 27.25,
    fanRpm: [4980, 4890],
    uptimeS: 90_061,
    faults: ['218', '110'],
  });
});

test('a sleeping miner that tells nothing but its status has no watts, not 0 W', () => {
  assert.deepEqual(readingOf({ status: { mineroff: 'true' } }), { asleep: true, faults: [] });
});

test('API v1 says btmineroff and lists its faults in the summary', () => {
  const v1 = { ...summary, 'Error Code Count': 2, 'Error Code 0': 110, 'Error Code 1': 600 };
  const reading = readingOf({ status: { btmineroff: 'true' }, summary: v1 });
  assert.equal(reading.asleep, true);
  assert.deepEqual(reading.faults, ['110', '600']);
  assert.equal(countsFaults(v1), true);
  assert.equal(countsFaults(summary), false);
});

test('a count of faults that no miner can have costs no memory', () => {
  const summary = { 'Error Code Count': 4e9, 'Error Code 0': 530 };
  assert.deepEqual(readingOf({ status: { btmineroff: false }, summary }).faults, ['530']);
});

test('a miner that does not say whether it sleeps is neither asleep nor awake', () => {
  assert.equal('asleep' in readingOf({ status: {}, summary }), false);
});

test('fans that a liquid-cooled miner does not have are absent, and its case is no inlet', () => {
  const wet = { ...summary, 'Fan Speed In': 0, 'Fan Speed Out': 0 };
  for (const replies of [
    { status: { liquid_temp: 48 }, summary: wet },
    { status: {}, summary: { ...wet, 'Liquid Cooling': true } },
  ]) {
    const reading = readingOf(replies);
    assert.equal('fanRpm' in reading, false);
    assert.equal('inletC' in reading, false);
  }
});

test('a fan that stands still in an air-cooled miner is 0 rpm', () => {
  assert.deepEqual(readingOf({ status: {}, summary: { ...summary, 'Fan Speed Out': 0 } }).fanRpm, [4980, 0]);
});

test('a rate that came as nan is absent', () => {
  const reading = readingOf({ status: {}, summary: { ...summary, 'HS RT': null, 'MHS 1m': null, 'MHS av': null } });
  assert.equal('hashrateThs' in reading, false);
});

test('0 J/TH is no efficiency', () => {
  assert.equal('efficiencyJPerTh' in readingOf({ status: {}, summary: { ...summary, 'Power Rate': 0 } }), false);
});

test('faults come as a list of maps, as one map, or as bare codes', () => {
  const faultsIn = (error_code: unknown) => readingOf({ status: {}, get_error_code: { error_code } }).faults;
  assert.deepEqual(faultsIn({ '329': '2026-01-05', '110': '2026-01-05' }), ['110', '329']);
  assert.deepEqual(faultsIn(['541', 218]), ['541', '218']);
  assert.deepEqual(faultsIn([]), []);
});

test('a reply with a field of the wrong type is malformed, by command and field', () => {
  assert.throws(() => readingOf({ status: {}, summary: { Power: {} } }), {
    kind: 'malformed',
    message: /"Power".*summary/,
  });
  assert.throws(() => readingOf({ status: { mineroff: 7 } }), { kind: 'malformed', message: /"mineroff".*status/ });
});

test('a rate is read in the unit that fits the factory rate', () => {
  assert.equal(hashrateThs(122_000_000, 122), 122, 'MH/s');
  assert.equal(hashrateThs(152_000_000, 122), 152, 'MH/s in high power mode');
  assert.equal(hashrateThs(2_440_000, 122), 2.44, 'MH/s while the frequency still climbs');
  assert.equal(hashrateThs(122_000, 122), 122, 'GH/s under the same key');
  assert.equal(hashrateThs(61.5, 122), 61.5, 'TH/s under the same key');
  assert.equal(hashrateThs(0, 122), 0, 'not hashing');
  assert.equal(hashrateThs(1_220_000_000, 122), undefined, 'ten times the factory rate');
  assert.equal(hashrateThs(122_000_000, undefined), 122, 'factory rate not said');
  assert.equal(hashrateThs(undefined, 122), undefined, 'no reading');
});

test('a miner is known by what each command adds', () => {
  const identity = identityOf({
    get_version: { api_ver: '2.0.5', fw_ver: '20240315.12.REL', platform: 'H616' },
    get_miner_info: { mac: '02:5A:11:A5:00:01', minersn: 'SIM0001', hostname: 'row-a-7 ' },
    devdetails: { Name: 'SM', Model: 'M50S_VH50' },
  });
  assert.deepEqual(identity, {
    make: 'MicroBT',
    model: 'M50S_VH50',
    firmware: '20240315.12.REL',
    mac: '02:5a:11:a5:00:01',
    serial: 'SIM0001',
    hostname: 'row-a-7',
  });
});

test('API v1, which has no get_miner_info, is known by the MAC in its summary', () => {
  const identity = identityOf({ get_version: { fw_ver: '20210322.22.REL' }, summary: { MAC: '025A11A50002' } });
  assert.deepEqual(identity, { make: 'MicroBT', firmware: '20210322.22.REL', mac: '02:5a:11:a5:00:02' });
});
