import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clockOf, hasLamp, identityOf, parseModule, readingOf } from './reading.ts';

const WORKING =
  'Ver[1566-1] DNA[0201] SYSTEMSTATU[Work: In Work, Hash Board: 3 ] Elapsed[975] Temp[31] TMax[78] TAvg[70] Fan1[4275] ' +
  'Fan2[4282] FanR[49%] PS[0 1209 1187 297 3526 1188 3731] GHSspd[199241.07] GHSmm[201920.42] GHSavg[184007.00] Led[0] ' +
  'POWS[0] SoftOFF[0] ECHU[0 0 0] ECMM[0] PVT_T0[ 66  65] FACOPTS0[] MPO[3515] WORKMODE[1]';
const RESTING =
  "'STATS':{Ver[Q-1] SYSTEMSTATU[Work: In Idle, Hash Board: 1] Elapsed[37850] ITemp[26] HBITemp[27] HBOTemp[29] TMax[0] " +
  'TAvg[0] Fan1[0] Fan2[0] FanErr[0] PS[0 1222 4 0 0 2245 146] GHSspd[0.00] GHSmm[55032.79] SoftOFF[4] ECHU[0] ECMM[0] ' +
  'Nonce Mask[25]}';

describe('a status in brackets', () => {
  test('of a miner that works', () => {
    assert.deepEqual(readingOf('estats', stats(WORKING)), {
      asleep: false,
      powerW: 3731,
      powerFrom: 'psu',
      hashrateThs: 199.24107,
      ratedHashrateThs: 201.92042,
      chipMaxC: 78,
      inletC: 31,
      fanRpm: [4275, 4282],
      uptimeS: 975,
      faults: [],
    });
  });

  test('of an Avalon Q at rest, whose chips have no temperature', () => {
    assert.deepEqual(readingOf('stats', stats(RESTING, 'MM ID0:Summary')), {
      asleep: true,
      powerW: 146,
      powerFrom: 'psu',
      hashrateThs: 0,
      ratedHashrateThs: 55.03279,
      boardC: [29],
      inletC: 26,
      fanRpm: [0, 0],
      uptimeS: 975,
      faults: [],
    });
  });

  test('of a miner that was told to rest and still works is awake', () => {
    assert.equal(readingOf('stats', stats(WORKING.replace('SoftOFF[0]', 'SoftOFF[1]'))).asleep, false);
  });

  test('that does not say whether it rests leaves it open', () => {
    assert.equal('asleep' in readingOf('stats', stats(WORKING.replace('SoftOFF[0]', ''))), false);
  });

  test('names the wall power itself where it can, and gives none of a supply that says less than usual', () => {
    assert.equal(readingOf('stats', stats(`${WORKING} WALLPOWER[3700]`)).powerW, 3700);
    assert.equal('powerW' in readingOf('stats', stats('PS[0 1214 1316] SoftOFF[0]')), false);
  });

  test('with codes lists them', () => {
    const ill = WORKING.replace('ECHU[0 0 0]', 'ECHU[0 513 0]').replace('PS[0 ', 'PS[4 ').replace('ECMM[0]', 'ECMM[1]');
    assert.deepEqual(readingOf('stats', stats(ill)).faults, ['PS: 4', 'ECHU board 1: 513', 'ECMM: 1']);
  });

  test('of several modules is their sum, and nothing where one of them is silent', () => {
    const two = { STATS: [{ 'MM ID0': 'GHSspd[100] PS[0 0 0 0 0 0 10]', 'MM ID1': 'GHSspd[200]' }] };
    const { hashrateThs, powerW } = readingOf('stats', two);
    assert.deepEqual([hashrateThs, powerW], [0.3, undefined]);
  });

  test('that is missing is malformed, not zero', () => {
    for (const reply of [{ STATS: [] }, { STATS: [{ 'MM ID0:Summary': '' }] }, {}]) {
      assert.throws(() => readingOf('stats', reply), { kind: 'malformed', message: /no status of a module/ });
    }
  });

  test('with words where a number belongs has no number', () => {
    assert.equal('powerW' in readingOf('stats', stats('PS[no data] SoftOFF[0]')), false);
    assert.deepEqual(parseModule('A[1] B[2'), new Map([['A', '1']]));
  });

  test('of a megabyte is read in one go', () => {
    const long = `${'K[1] '.repeat(200_000)}SoftOFF[0]`;
    assert.equal(readingOf('stats', stats(long)).asleep, false);
    assert.equal(parseModule('['.repeat(1_000_000)).size, 0);
  });
});

test('a lamp is there where the miner says how it stands', () => {
  assert.deepEqual([hasLamp('stats', stats(WORKING)), hasLamp('stats', stats(RESTING))], [true, false]);
});

test('an Avalon says who it is', () => {
  const version = {
    PROD: 'AvalonMiner 1566',
    MAC: '02A1C0FFEE01',
    DNA: '020100008c690001',
    VERSION: '24102401_25462b2',
  };
  assert.deepEqual(identityOf({ VERSION: [version] }), {
    make: 'Canaan',
    model: 'AvalonMiner 1566',
    firmware: '24102401_25462b2',
    mac: '02:a1:c0:ff:ee:01',
    serial: '020100008c690001',
  });
  assert.equal(identityOf({ VERSION: [{ PROD: 'Avalon Q', LVERSION: '25052801' }] }).firmware, '25052801');
});

test('another miner with the same protocol is not taken for one', () => {
  assert.throws(() => identityOf({ VERSION: [{ Type: 'Antminer S19' }] }), { kind: 'unsupported' });
});

test("the miner's clock is read from the head of a reply, whatever year it is in", () => {
  assert.equal(clockOf({ STATUS: [{ STATUS: 'S', When: 986 }] }), 986);
  assert.equal(clockOf({ STATUS: [{ STATUS: 'S' }] }), undefined);
});

function stats(line: string, key = 'MM ID0') {
  return {
    STATS: [
      { STATS: 0, Elapsed: 975, [key]: line },
      { STATS: 1, ID: 'POOL0' },
    ],
  };
}
