import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import type { Amount } from '#protocol/order.ts';
import { epochMs } from '#protocol/time.ts';
import {
  formatAmount,
  parseAmount,
  parseDuration,
  parsePrice,
  parsePriority,
  parseRamp,
  parseTime,
} from './quantities.ts';

const amounts: [text: string, amount: Amount][] = [
  ['40%', { fraction: 0.4 }],
  ['33.3 %', { fraction: 0.333 }],
  ['0%', { fraction: 0 }],
  ['100%', { fraction: 1 }],
  ['6000W', { watts: 6000 }],
  ['6kW', { watts: 6000 }],
  ['5.1 kW', { watts: 5100 }],
  ['0W', { watts: 0 }],
  ['5MW/20MW', { watts: 5_000_000, of_w: 20_000_000 }],
  ['500 kW / 0.001 GW', { watts: 500_000, of_w: 1_000_000 }],
];
for (const [text, amount] of amounts) test(`${text} is an amount`, () => assert.deepEqual(parseAmount(text), amount));

for (const text of ['6000', '40', '', '%', '-5%', '101%', '6 kilowatts', '6mW', '5MW/0W', '1W/2W/3W', '2GW', '1e3W']) {
  test(`"${text}" is no amount`, () => assert.throws(() => parseAmount(text), InvalidArgumentError));
}

const durations: [text: string, seconds: number][] = [
  ['90s', 90],
  ['10m', 600],
  ['1h30m', 5400],
  ['2d', 172_800],
];
for (const [text, seconds] of durations) test(`${text} is a span`, () => assert.equal(parseDuration(text), seconds));

for (const text of ['10', '', '0s', '1.5h', '30m1h', 'm', '-5m']) {
  test(`"${text}" is no span`, () => assert.throws(() => parseDuration(text), InvalidArgumentError));
}

test('a time needs its offset: local time would mean another thing on another machine', () => {
  assert.equal(parseTime('2026-11-21T21:00:00Z'), epochMs('2026-11-21T21:00:00.000Z'));
  assert.equal(parseTime('2026-11-21T15:00-06:00'), epochMs('2026-11-21T21:00:00.000Z'));
  for (const text of ['2026-11-21T21:00:00', '21:00', 'tomorrow', '2026-13-01T00:00:00Z', '']) {
    assert.throws(() => parseTime(text), InvalidArgumentError);
  }
});

test('a ramp is in watts per second, and a priority is a whole number up to 1000', () => {
  assert.equal(parseRamp('200W/s'), 200);
  assert.equal(parseRamp('1.5kW/s'), 1500);
  for (const text of ['200', '200W', '0W/s', '/s']) assert.throws(() => parseRamp(text), InvalidArgumentError);
  assert.equal(parsePriority('0'), 0);
  assert.equal(parsePriority('1000'), 1000);
  for (const text of ['1001', '-1', '1.5', '']) assert.throws(() => parsePriority(text), InvalidArgumentError);
});

test('a price is in USD, and energy may cost less than nothing', () => {
  assert.equal(parsePrice('42.5'), 42.5);
  assert.equal(parsePrice('-5'), -5);
  for (const text of ['', '$42', '42.5.1', '1e9', 'NaN']) assert.throws(() => parsePrice(text), InvalidArgumentError);
});

test('an amount is told the way it was written', () => {
  assert.equal(formatAmount({ fraction: 0.333 }), '33.3 %');
  assert.equal(formatAmount({ watts: 6000 }), '6000 W');
  assert.equal(formatAmount({ watts: 5000, of_w: 20_000 }), '5000 W of 20000 W');
});
