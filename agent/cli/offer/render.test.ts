import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOffer } from './render.ts';

const screen = { width: 80, tint: (_tint: string, text: string) => text };
const block = { watts: 2980, usd_per_mwh: 69.44, j_per_th: 30, seconds: 2, confidence: 0.98, devices: 1 };
const offered = {
  rated_w: 6000,
  down_w: 5960,
  up_w: 0,
  down_s: 5,
  up_s: 0,
  down_why_none: null,
  up_why_none: 'all that can be told to run runs in full',
  for_s: 14_400,
  down_curve: [block, { ...block, usd_per_mwh: null, j_per_th: null, seconds: 5, confidence: null }],
  up_curve: [],
};
const lines = (change: Partial<Parameters<typeof formatOffer>[1]> = {}) =>
  formatOffer('r07', { ...offered, ...change }, screen).split('\n');

test('an offer is a bid curve: price, watts, what they come to together, how fast and how sure', () => {
  assert.deepEqual(lines(), [
    'rack r07  rated 6000 W',
    'an order may last up to 4 h',
    'down  5960 W within 5 s',
    'up    nothing: all that can be told to run runs in full',
    '',
    'it pays to give, at energy prices from',
    'USD/MWH  J/TH   WATTS  TOGETHER   IN  DEVICES  SURE',
    '  69.44  30.0  2980 W    2980 W  2 s        1  98.0 %',
    'unknown     -  2980 W    5960 W  5 s        1  not learned yet',
  ]);
});

test('without any price the curve is by J/TH, and says so', () => {
  const told = lines({ down_curve: [{ ...block, usd_per_mwh: null }] });
  assert.deepEqual(told.slice(5), [
    'given, what earns least first',
    'J/TH   WATTS  TOGETHER   IN  DEVICES  SURE',
    '30.0  2980 W    2980 W  2 s        1  98.0 %',
  ]);
});

test('a rack that has nothing to give says why, and one that obeys nobody says that', () => {
  const none = { down_w: 0, down_s: 0, down_curve: [], down_why_none: 'the rack has no devices' };
  const told = lines({ ...none, rated_w: 0, up_why_none: 'the rack has no devices', for_s: null });
  assert.deepEqual(told, [
    'rack r07  rated 0 W',
    'no issuer may order: the policy names none',
    'down  nothing: the rack has no devices',
    'up    nothing: the rack has no devices',
  ]);
});

test('an order of minutes is told in minutes', () => {
  assert.equal(lines({ for_s: 600 })[1], 'an order may last up to 10 min');
});
