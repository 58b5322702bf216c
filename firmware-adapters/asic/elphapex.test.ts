import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadingReplies } from './elphapex.ts';
import { identityOf, readingOf } from './elphapex.ts';

const well = { type: 'rate', status: 's', msg: '' };
const replies: ReadingReplies = {
  conf: { 'fc-work-mode': 0 },
  stats: {
    STATS: [
      {
        rate_unit: 'MH/s',
        rate_5s: 14_200,
        rate_ideal: 14_229,
        elapsed: 357,
        fan: ['5340', '5400'],
        chain: [{ temp_chip: ['47125', '50500'], temp_pcb: [47, 46, 67, 66] }, { temp_chip: ['', ''] }],
      },
    ],
  },
  summary: { INFO: { dev_sn: '28HY1' }, SUMMARY: [{ status: [well] }] },
  power: { power_output: '3100' },
};

test('a miner that mines: rates in its own unit, chips in thousandths, and no invented temperature of its boards', () => {
  assert.deepEqual(readingOf(replies), {
    asleep: false,
    powerW: 3100,
    powerFrom: 'estimate',
    hashrateThs: 0.0142,
    ratedHashrateThs: 0.014229,
    chipMaxC: 50.5,
    fanRpm: [5340, 5400],
    uptimeS: 357,
    faults: [],
  });
});

test('the work mode tells whether it rests', () => {
  assert.equal(readingOf({ ...replies, conf: { 'fc-work-mode': '1' } }).asleep, true);
  assert.equal('asleep' in readingOf({ ...replies, conf: {} }), false);
});

test('a rate in a unit that nobody knows is no rate', () => {
  const stats = { STATS: [{ rate_unit: 'XH/s', rate_5s: 5 }] };
  assert.equal('hashrateThs' in readingOf({ ...replies, stats }), false);
});

test('what is not well is a fault', () => {
  const summary = { SUMMARY: [{ status: [well, { type: 'network', status: '', msg: '' }] }] };
  assert.deepEqual(readingOf({ ...replies, summary }).faults, ['network: not well']);
});

test('it says who it is', () => {
  const system = {
    minertype: 'DG1+',
    system_filesystem_version: 'DG1+_SW_V1.0.2',
    macaddr: '02:a1:c0:ff:ee:07',
    hostname: 'dg',
  };
  assert.deepEqual(identityOf({ system, summary: replies.summary }), {
    make: 'Elphapex',
    model: 'DG1+',
    firmware: 'DG1+_SW_V1.0.2',
    mac: '02:a1:c0:ff:ee:07',
    serial: '28HY1',
    hostname: 'dg',
  });
});
