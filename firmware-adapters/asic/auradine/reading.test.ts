import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReadingReplies } from './reading.ts';
import { identityOf, isAuradine, readingOf } from './reading.ts';

const replies: ReadingReplies = {
  mode: { Mode: [{ Mode: 'normal', Sleep: 'off', Ths: 150 }] },
  psu: { PSU: [{ PowerIn: '3100.50W', PowerOut: '2950.00W' }] },
  temperature: {
    Temperature: [
      { Name: 'Control Board', BoardTemp: [{ ID: 0, Temperature: 99 }], ChipTemp: null },
      { Name: 'Hash Board 1', BoardTemp: sensors(41, 44.5), ChipTemp: sensors(61, 66.25) },
      { Name: 'Hash Board 2', BoardTemp: sensors(0), ChipTemp: sensors(64) },
    ],
  },
  fan: { Fan: [{ Speed: 7080 }, { Speed: 7020 }] },
  summary: { SUMMARY: [{ 'MHS 5s': 149_500_000, 'MHS 1m': 1, Elapsed: 500 }] },
};

describe('its replies together', () => {
  test('say how an awake miner does', () => {
    assert.deepEqual(readingOf(replies), {
      asleep: false,
      powerW: 3100.5,
      powerFrom: 'psu',
      hashrateThs: 149.5,
      ratedHashrateThs: 150,
      chipMaxC: 66.25,
      boardC: [44.5],
      fanRpm: [7080, 7020],
      uptimeS: 500,
      faults: [],
    });
  });

  test('say that it sleeps when the switch is on: "on" means asleep', () => {
    assert.equal(readingOf({ mode: { Mode: [{ Sleep: 'on' }] } }).asleep, true);
  });

  test('may be fewer, and then say less', () => {
    assert.deepEqual(readingOf({ mode: { Mode: [{ Sleep: 'off' }] } }), { asleep: false, faults: [] });
    assert.deepEqual(readingOf({ mode: { Mode: [] } }), { faults: [] });
  });

  test('have watts in words, in kilowatts too, and none where one supply of two does not say', () => {
    const watts = (...PowerIn: (string | null)[]) =>
      readingOf({ mode: {}, psu: { PSU: PowerIn.map((each) => ({ PowerIn: each })) } }).powerW;
    assert.equal(watts('1500W', '1.25 kW'), 2750);
    assert.equal(watts('1500W', null), undefined);
    assert.equal(watts('n/a'), undefined);
  });

  test('of the wrong type name the command and the field', () => {
    const broken = { ...replies, fan: { Fan: [{ Speed: 'fast' }] } };
    assert.throws(() => readingOf(broken), { kind: 'malformed', message: /"Fan.0.Speed" of the reply to fan/ });
  });
});

test('it says who it is', () => {
  const report = {
    model: 'AT1500',
    version: '2024.1',
    mac: '02:a1:c0:ff:ee:03',
    SerialNo: 'AU1',
    hostname: 'teraflux',
  };
  assert.deepEqual(identityOf({ IPReport: [report] }), {
    make: 'Auradine',
    model: 'AT1500',
    firmware: '2024.1',
    mac: '02:a1:c0:ff:ee:03',
    serial: 'AU1',
    hostname: 'teraflux',
  });
  assert.throws(() => identityOf({ IPReport: [] }), { kind: 'malformed' });
});

test('it is known by its cgminer, before any log-in', () => {
  assert.equal(isAuradine({ VERSION: [{ API: '1.0', GCMiner: '0.5' }] }), true);
  assert.equal(isAuradine({ VERSION: [{ API: '3.7', CGMiner: '4.11' }] }), false);
  assert.equal(isAuradine('no'), false);
});

function sensors(...degrees: number[]) {
  return degrees.map((Temperature, ID) => ({ ID, Temperature }));
}
