import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { epochMs } from '#protocol/time.ts';
import { AT, device, power, toldBy, topics } from '#test/support/told-rack.ts';
import { rackStatus } from './rack-status.ts';
import { formatStatus } from './render.ts';

const nowMs = epochMs('2026-11-21T21:00:00.600Z');
const screen = { width: 80, tint: (_tint: string, text: string) => text };

test('a rack is shown on 80 columns: mode, watts against the line, orders, alarms, devices in order', () => {
  assert.deepEqual(formatStatus(rackStatus(toldBy(topics)), nowMs, screen).split('\n'), [
    'rack r07  curtailed  broker connected  version 0.1.0',
    'power    5870 W metered, 1.0 s old; line 6000 W, 130 W below',
    '',
    'orders in force',
    '  ecrs-a (qse-north/ecrs)  holding, 6000 W until 22:00:00Z',
    '',
    'alarms',
    '  meter-stale  since 2026-11-21T21:00Z  no reading for 5 s',
    '  long  since 2026-11-21T21:00Z  its words go on and on and on and on and on and',
    '    on and on and on and on and on and on to the end',
    '',
    'DEVICE  STATE        WANT        HOME    WATTS  WHY',
    'm2      limited      limit 70 %  awake  2380 W  ecrs-a (qse-north/ecrs) wants a…',
    'm10     unreachable  limit 70 %  awake       -  it does not answer',
  ]);
});

test('no line of the status is wider than the terminal, colours not counted', () => {
  const coloured = { width: 80, tint: (_tint: string, text: string) => `\u001b[31m${text}\u001b[39m` };
  for (const line of formatStatus(rackStatus(toldBy(topics)), nowMs, coloured).split('\n')) {
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
    const status = rackStatus(toldBy({ power: { ...power, ...change } }));
    assert.equal(formatStatus(status, epochMs(AT) + laterMs, screen).split('\n')[1], `power    ${line}`);
  });
}

test('what is not as the wire says, or cleared, is left out', () => {
  const status = rackStatus(toldBy({ power: { v: 2 }, 'alarm/x': null, 'device/m01': device, 'new/thing': {} }));
  assert.equal(status.power, undefined);
  assert.deepEqual(status.alarms, []);
  assert.equal(status.devices.length, 1);
});

test('an agent that has just started and said nothing yet is shown as that', () => {
  const [first] = formatStatus(rackStatus(toldBy({})), nowMs, screen).split('\n');
  assert.equal(first, 'rack r07  has said nothing yet');
});

test('a lock-out shows on a device that is awake: it puts nothing to sleep, and hands may be inside', () => {
  const shown = (change: object) => {
    const status = rackStatus(toldBy({ 'device/m01': { ...device, ...change } }, { locked_out: ['m01'] }));
    return formatStatus(status, nowMs, { ...screen, width: 160 })
      .split('\n')
      .at(-1);
  };
  assert.match(shown({}) ?? '', /locked out, not asleep; ecrs-a /);
  assert.match(shown({ state: 'asleep', why: 'locked out' }) ?? '', / {2}locked out$/);
});

test('what people do with the rack stands in its first line', () => {
  const first = (state: object, change: Parameters<typeof toldBy>[1]) =>
    formatStatus(rackStatus(toldBy({ state: { ...topics.state, ...state } }, change)), nowMs, screen).split('\n')[0];
  assert.match(
    first({ mode: 'normal' }, { trying: 'm02' }) ?? '',
    /^rack r07 {2}normal {2}commissioning m02 {2}broker/,
  );
  assert.match(first({ mode: 'manual' }, { manual_until: epochMs(AT) }) ?? '', /manual {2}until 21:00:00Z {2}broker/);
});
