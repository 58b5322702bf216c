import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { epochMs } from '#protocol/time.ts';
import { rackStatus } from './rack-status.ts';
import { formatStatus } from './render.ts';

const at = '2026-11-21T21:00:00.000Z';
const nowMs = epochMs('2026-11-21T21:00:00.600Z');
const screen = { width: 80, tint: (_tint: string, text: string) => text };
const head = { v: 1, at };
const signature = { alg: 'Ed25519', kid: 'r07', value: 'A'.repeat(86) };

const power = {
  ...head,
  valid_s: 3,
  power_w: 5870,
  power_from: 'metered',
  age_ms: 400,
  line_w: 6000,
  headroom_w: 130,
  devices_w: 5700,
  outlets_w: null,
  voltage_v: 229.8,
  frequency_hz: 59.98,
  frequency_age_ms: 400,
  frequency_resolution_hz: 0.01,
  energy_import_wh: null,
  energy_export_wh: null,
  pdus: [],
};
const device = {
  ...head,
  device: 'm01',
  state: 'limited',
  since: at,
  want: 'limit 70 %',
  why: 'ecrs-a (qse-north/ecrs) wants at most 6000 W',
  home: 'awake',
  power_w: 2380,
  protected: false,
  power_age_ms: 900,
  rated_w: 3400,
  outlets_w: null,
  outlets: [],
  limit: 70,
  asked_at: at,
  acknowledged_at: at,
  hashrate_ths: null,
  efficiency_j_per_th: null,
  chip_max_c: null,
  faults: [],
  last_error: null,
};
const brokers = [{ url: 'mqtt://broker', online: true }];
const topics = {
  state: { ...head, status: 'online', mode: 'curtailed', version: '0.1.0', instance: 'x', boot: 3, connection: 7 },
  power,
  applied: {
    ...head,
    rack: 'r07',
    line_w: 6000,
    power_w: 5870,
    orders_in_force: 1,
    orders: [
      {
        order: 'o1',
        event: 'ecrs-a',
        issuer: 'qse-north',
        program: 'ecrs',
        phase: 'holding',
        level_w: 6000,
        until: '2026-11-21T22:00:00Z',
        baseline_w: null,
        baseline_method: null,
        reached: {},
        short: [],
      },
    ],
    homes: {},
    moved: [],
    signature,
  },
  'device/m10': { ...device, device: 'm10', state: 'unreachable', power_w: null, last_error: 'it does not answer' },
  'device/m2': { ...device, device: 'm2' },
  'alarm/meter-stale': { ...head, alarm: 'meter-stale', since: at, severity: 'warning', message: 'no reading for 5 s' },
  'alarm/long': { ...head, alarm: 'long', since: at, severity: 'critical', message: 'x'.repeat(200) },
};

test('a rack is shown on 80 columns: mode, watts against the line, orders, alarms, devices in order', () => {
  assert.deepEqual(formatStatus(rackStatus({ rack: 'r07', brokers, topics }), nowMs, screen).split('\n'), [
    'rack r07  curtailed  broker connected  version 0.1.0',
    'power    5870 W metered, 1.0 s old; line 6000 W, 130 W below',
    '',
    'orders in force',
    '  ecrs-a (qse-north/ecrs)  holding, level 6000 W, until 22:00:00Z',
    '',
    'alarms',
    '  meter-stale  since 2026-11-21T21:00:00.000Z  no reading for 5 s',
    `  long  since 2026-11-21T21:00:00.000Z  ${'x'.repeat(39)}…`,
    '',
    'DEVICE  STATE        WANT        HOME    WATTS  WHY',
    'm2      limited      limit 70 %  awake  2380 W  ecrs-a (qse-north/ecrs) wants a…',
    'm10     unreachable  limit 70 %  awake       -  it does not answer',
  ]);
});

test('no line of the status is wider than the terminal, colours not counted', () => {
  const coloured = { width: 80, tint: (_tint: string, text: string) => `\u001b[31m${text}\u001b[39m` };
  for (const line of formatStatus(rackStatus({ rack: 'r07', brokers, topics }), nowMs, coloured).split('\n')) {
    assert.ok(stripVTControlCharacters(line).length <= 80, line);
  }
});

const powerLines: [name: string, change: object, at: number, line: string][] = [
  [
    'watts over the line are told as over',
    { power_w: 6100, headroom_w: -100 },
    0,
    '6100 W metered, 0.4 s old; line 6000 W, 100 W over',
  ],
  [
    'watts that nobody metered are an estimate',
    { power_from: 'devices' },
    0,
    '5870 W estimated from devices, 0.4 s old; line 6000 W, 130 W below',
  ],
  ['old watts are called stale', {}, 10_000, '5870 W metered, 10.4 s old: stale; line 6000 W, 130 W below'],
  [
    'unknown watts are not 0 W',
    { power_w: null, power_from: null, age_ms: null, headroom_w: null },
    0,
    'not known; line 6000 W',
  ],
  [
    'without a line there is none to be under',
    { line_w: null, headroom_w: null },
    0,
    '5870 W metered, 0.4 s old; no line',
  ],
];
for (const [name, change, laterMs, line] of powerLines) {
  test(name, () => {
    const status = rackStatus({ rack: 'r07', brokers, topics: { power: { ...power, ...change } } });
    assert.equal(formatStatus(status, epochMs(at) + laterMs, screen).split('\n')[1], `power    ${line}`);
  });
}

test('what is not as the wire says, or cleared, is left out', () => {
  const status = rackStatus({
    rack: 'r07',
    brokers,
    topics: { power: { v: 2 }, 'alarm/x': null, 'device/m01': device, 'new/thing': {} },
  });
  assert.equal(status.power, undefined);
  assert.deepEqual(status.alarms, []);
  assert.equal(status.devices.length, 1);
});

test('an agent that has just started and said nothing yet is shown as that', () => {
  const [first] = formatStatus(rackStatus({ rack: 'r07', brokers, topics: {} }), nowMs, screen).split('\n');
  assert.equal(first, 'rack r07  has said nothing yet');
});
