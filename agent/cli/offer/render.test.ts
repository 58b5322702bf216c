import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOffer } from './render.ts';

const screen = { width: 80, tint: (_tint: string, text: string) => text };
const block = { watts: 2980, usd_per_mwh: 69.44, seconds: 2, confidence: 0.98, devices: 1 };
const offered = {
  rated_w: 6000,
  down_w: 5960,
  up_w: 0,
  down_s: 5,
  up_s: 0,
  for_s: 14_400,
  down_curve: [block, { ...block, usd_per_mwh: null, seconds: 5, confidence: null }],
  up_curve: [],
};

test('an offer is a bid curve: price, watts, what they come to together, how fast and how sure', () => {
  assert.deepEqual(formatOffer('r07', offered, screen).split('\n'), [
    'rack r07  rated 6000 W; offers for up to 4 h',
    'down  5960 W within 5 s',
    'up    0 W within 0 s',
    '',
    'it pays to give, at energy prices from',
    'USD/MWH   WATTS  TOGETHER   IN  DEVICES  SURE',
    '  69.44  2980 W    2980 W  2 s        1  98.0 %',
    'unknown  2980 W    5960 W  5 s        1  not learned yet',
  ]);
});

test('a rack that obeys nobody says so', () => {
  assert.match(formatOffer('r07', { ...offered, for_s: null }, screen), /offers to nobody: the policy names no issuer/);
});
