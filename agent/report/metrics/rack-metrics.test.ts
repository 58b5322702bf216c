import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boardOf } from '#protocol/board.ts';
import { epochMs } from '#protocol/time.ts';
import { AT, device, power, topics } from '#test/support/told-rack.ts';
import { exposition } from './exposition.ts';
import type { Seen } from './rack-metrics.ts';
import { rackMetrics } from './rack-metrics.ts';

const unfelt = {
  ...Object.fromEntries(
    ['inlet', 'outlet', 'coolant', 'coolant_in', 'coolant_out'].flatMap((place) => [
      [`${place}_c`, null],
      [`${place}_age_ms`, null],
    ]),
  ),
  humidity_age_ms: null,
  flow_age_ms: null,
  pressure_age_ms: null,
  leak_age_ms: null,
};
const thermal = {
  v: 1,
  at: AT,
  valid_s: 6,
  ...unfelt,
  inlet_c: 27.5,
  humidity_pct: 45,
  flow_lpm: 30,
  pressure_kpa: 150,
  leak: false,
  sensors: [],
};

function scrape(said: Record<string, unknown>, change: Partial<Seen> = {}): string[] {
  const seen: Seen = {
    board: boardOf(said),
    brokers: [{ url: 'mqtts://rack:hunter2@b.example:8883', online: true, ageMs: 300 }],
    lockedOut: ['m2'],
    phases: new Map([['metered', 3]]),
    refusals: new Map(),
    wall: epochMs(AT) + 600,
    ...change,
  };
  return exposition(rackMetrics(seen), { site: 'tx1', rack: 'r07' }).split('\n');
}

test('figures are in base units, and every one names its rack', () => {
  const lines = scrape({ ...topics, power: { ...power, energy_import_wh: 1000 }, thermal });
  const rack = 'site="tx1",rack="r07"';
  for (const line of [
    `ballast_power_watts{${rack}} 5870`,
    `ballast_power_age_seconds{${rack}} 1`,
    `ballast_line_watts{${rack}} 6000`,
    `ballast_energy_import_joules_total{${rack}} 3600000`,
    `ballast_temperature_celsius{${rack},place="inlet"} 27.5`,
    `ballast_humidity_ratio{${rack}} 0.45`,
    `ballast_coolant_flow_liters_per_second{${rack}} 0.5`,
    `ballast_coolant_pressure_pascals{${rack}} 150000`,
    `ballast_leak{${rack}} 0`,
    `ballast_order_end_timestamp_seconds{${rack},issuer="qse-north",program="ecrs"} ${epochMs('2026-11-21T22:00:00Z') / 1000}`,
    `ballast_order_steps_total{${rack},phase="metered"} 3`,
    `ballast_order_steps_total{${rack},phase="partial"} 0`,
    `ballast_alarms{${rack},severity="critical"} 1`,
    `ballast_devices{${rack},state="unreachable"} 1`,
    `ballast_device_reachable{${rack},device="m10"} 0`,
    `ballast_device_reachable{${rack},device="m2"} 1`,
    `ballast_devices_locked_out{${rack}} 1`,
    `ballast_broker_age_seconds{${rack},broker="mqtts://b.example:8883"} 0.3`,
  ]) {
    assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`);
  }
});

test('what is unknown, or no longer valid, has no sample: never a 0, and never an old figure', () => {
  const unknown = scrape({ power: { ...power, power_w: null, line_w: null } });
  const late = scrape(topics, { wall: epochMs(AT) + 60_000 });
  for (const lines of [unknown, late, scrape({})]) {
    assert.ok(lines.includes('# TYPE ballast_power_watts gauge'), 'its name is told all the same');
    assert.ok(!lines.some((line) => /^ballast_(power|line)_watts\{/.test(line)));
  }
});

test('a rack of 200 devices has some 1,600 series, and what devices and orders say in words is none of them', () => {
  const devices = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [
      `device/m${i}`,
      {
        ...device,
        device: `m${i}`,
        hashrate_ths: 130,
        chip_max_c: 70,
        last_error: `trouble ${i}`,
        faults: ['fan lost'],
      },
    ]),
  );
  const series = scrape({ ...topics, ...devices }).filter((line) => line.startsWith('ballast_'));
  assert.ok(series.length < 1600, String(series.length));
  assert.doesNotMatch(series.join('\n'), /trouble|fan lost|hunter2|ecrs-a/);
});

test('two orders of one contract are one series: the lowest level and the last end', () => {
  const [order] = topics.applied.orders;
  const other = { ...order, order: 'o2', event: 'ecrs-b', level_w: 4000, until: '2026-11-21T21:30:00Z' };
  const lines = scrape({ applied: { ...topics.applied, orders: [order, other], orders_in_force: 2 } });
  const levels = lines.filter((line) => line.startsWith('ballast_order_level_watts{'));
  assert.deepEqual(levels, ['ballast_order_level_watts{site="tx1",rack="r07",issuer="qse-north",program="ecrs"} 4000']);
  assert.ok(lines.some((line) => line.endsWith(` ${epochMs('2026-11-21T22:00:00Z') / 1000}`)));
});

test('a label keeps its quotes, backslashes and line ends to itself', () => {
  const text = exposition(
    [{ name: 'x', type: 'gauge', help: 'a\nb', samples: [{ labels: { l: 'a"b\\c\nd' }, value: 1 }] }],
    {},
  );
  assert.equal(text, '# HELP x a\\nb\n# TYPE x gauge\nx{l="a\\"b\\\\c\\nd"} 1\n');
});
