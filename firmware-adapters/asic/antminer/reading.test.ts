import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { confOf, modeOf, sleepModeOf, withMode } from './conf.ts';
import { identityOf, readingOf, stockModelIn } from './reading.ts';

const web = (row: object) => ({ STATS: [row] });
const socket = (row: object) => ({ STATS: [{ BMMiner: '1.0.0', Type: 'Antminer S19' }, row] });

describe('rates are in TH/s whatever unit the miner names', () => {
  const cases: [unit: string | undefined, rate: number][] = [
    [undefined, 110_500],
    ['GH/s', 110_500],
    ['GH', 110_500],
    ['TH/s', 110.5],
    ['MH/s', 110_500_000],
  ];
  for (const [rate_unit, rate_5s] of cases) {
    test(String(rate_unit), () => {
      assert.equal(readingOf({ stats: web({ rate_5s, rate_unit }), sleeps: false }).hashrateThs, 110.5);
    });
  }

  test('and absent in a unit that nobody knows', () => {
    assert.equal(readingOf({ stats: web({ rate_5s: 1, rate_unit: 'XH' }), sleeps: false }).hashrateThs, undefined);
  });
});

describe('temperatures', () => {
  test('joined by dashes keep their signs', () => {
    const { boardC, chipMaxC } = readingOf({
      stats: socket({ 'GHS 5s': 0, temp_pcb1: '2--1-20-22', temp_pcb2: '-5--7--6--4', temp_chip1: '-2--1' }),
      sleeps: true,
    });
    assert.deepEqual([boardC, chipMaxC], [[22, -4], -1]);
  });

  test('of a board that is not there are no zeros', () => {
    const stats = socket({ 'GHS 5s': 1, temp_pcb1: '40-41', temp_pcb4: '0-0-0-0', temp_chip4: '0-0-0-0' });
    const { boardC, chipMaxC } = readingOf({ stats, sleeps: false });
    assert.deepEqual([boardC, chipMaxC], [[41], undefined]);
  });

  test('of the web interface come in lists', () => {
    const chain = [
      { temp_pcb: [40, 42], temp_chip: [60, 61] },
      { temp_pcb: ['45', '44'], temp_chip: [0, 0] },
    ];
    const { boardC, chipMaxC } = readingOf({ stats: web({ rate_5s: 1, chain }), sleeps: false });
    assert.deepEqual([boardC, chipMaxC], [[42, 45], 61]);
  });
});

describe('asleep is what the configuration says, once the hash boards rest', () => {
  const cases: [sleeps: boolean | undefined, stats: object | undefined, asleep: boolean | undefined][] = [
    [true, web({ rate_5s: 0 }), true],
    [true, web({ rate_5s: 90_000 }), false],
    [true, undefined, true],
    [false, web({ rate_5s: 0 }), false],
    // S19s say 2 on the socket, awake or not.
    [undefined, socket({ 'GHS 5s': 0, Mode: 2 }), undefined],
    [undefined, socket({ 'GHS 5s': 0, Mode: 254 }), true],
  ];
  for (const [sleeps, stats, asleep] of cases) {
    test(`${sleeps} with ${JSON.stringify(stats)}`, () => {
      assert.equal(readingOf({ stats, sleeps }).asleep, asleep);
    });
  }
});

test('the power port’s refusal is no reading', () => {
  const power = (text: string) => readingOf({ sleeps: false, power: text }).powerW;
  assert.deepEqual(['power:3010', 'Power: 3010.5\n', 'error 6060 cmd', ''].map(power), [
    3010,
    3010.5,
    undefined,
    undefined,
  ]);
});

test('what the miner watches over and is not well is a fault, in its own words', () => {
  const status = [
    { type: 'rate', status: 's', code: 0, msg: '' },
    { type: 'fans', status: 'e', code: 2, msg: 'fan lost' },
  ];
  assert.deepEqual(readingOf({ summary: { SUMMARY: [{ status }] }, sleeps: false }).faults, ['fans 2: fan lost']);
});

test('a serial number stands under one of two names, and a MAC that is none is absent', () => {
  const { serial, mac } = identityOf({ minertype: 'Antminer S21', macaddr: '02:55:97:22:3M:72', serial_no: 'A1' });
  assert.deepEqual([serial, mac], ['A1', undefined]);
  assert.equal(identityOf({ serinum: 'A2' }).serial, 'A2');
});

test('firmware of others on an Antminer is not taken for stock', () => {
  const version = (row: object) => stockModelIn({ VERSION: [row] });
  assert.equal(version({ Type: 'Antminer S19', Miner: '49.0.1.3' }), 'Antminer S19');
  assert.equal(version({ Type: 'Antminer S19', LUXminer: '2025.1' }), undefined);
  assert.equal(version({ Type: 'Antminer S19 (Vnish 1.2.0)' }), undefined);
  assert.equal(version({ BOSer: '25.07' }), undefined);
});

describe('a configuration', () => {
  const pools = [{ url: 'a', user: 'b', pass: 'c' }];

  test('goes back with the mode under both names, and all else as it was', () => {
    const conf = confOf({
      pools,
      'bitmain-work-mode': '0',
      'bitmain-freq-level': '90',
      'bitmain-fan-ctrl': true,
      'bitmain-fan-pwm': 70,
    });
    assert.deepEqual([modeOf(conf), sleepModeOf(conf)], [0, 1]);
    assert.deepEqual(JSON.parse(withMode(conf, 1, false).text), {
      'bitmain-fan-ctrl': true,
      'bitmain-fan-pwm': '70',
      'miner-mode': 1,
      'bitmain-work-mode': 1,
      'freq-level': '90',
      pools,
    });
    assert.equal(JSON.parse(withMode(conf, 1, true).text)['miner-mode'], '1');
  });

  test('of the 17 series goes back as a form', () => {
    const conf = confOf({ pools, 'bitmain-work-mode': '0', 'bitmain-freq': '675', 'bitmain-voltage': '1950' });
    assert.deepEqual([modeOf(conf), sleepModeOf(conf)], [0, 254]);
    const { type, text } = withMode(conf, 254, false);
    const form = Object.fromEntries(new URLSearchParams(text));
    assert.equal(type, 'application/x-www-form-urlencoded');
    assert.equal(form['_ant_work_mode'], '254');
    assert.deepEqual(
      [form['_ant_pool1url'], form['_ant_pool1user'], form['_ant_pool1pw'], form['_ant_pool2url']],
      ['a', 'b', 'c', ''],
    );
    assert.deepEqual([form['_ant_freq'], form['_ant_voltage']], ['675', '1950']);
  });

  test('without pools is malformed: to send it back would lose them', () => {
    assert.throws(() => confOf({ 'bitmain-work-mode': '0' }), { kind: 'malformed', message: /"pools"/ });
  });
});
