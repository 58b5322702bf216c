import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs } from '#protocol/time.ts';
import { ordered, SITE, said } from '#test/support/said.ts';
import { columnsOf, spanOf } from './chart.ts';
import type { Envelope } from './envelope.ts';
import { bandAt, envelopeOf } from './envelope.ts';
import { heard } from './heard.ts';
import { emptySite } from './site.ts';

const START = epochMs('2026-11-21T21:00:00Z');
const at = (s: number) => START + 1000 * s;
const envelope: Envelope = {
  fromMs: at(0),
  untilMs: at(600),
  startW: 100_000,
  levelW: 40_000,
  deadlineMs: at(30),
  downWPerS: 6_000,
  upWPerS: 1_000,
  backMs: 300_000,
};

test('down no faster than the ramp, and no later than the deadline', () => {
  assert.equal(bandAt(envelope, at(-1)), undefined);
  assert.deepEqual(bandAt(envelope, at(0)), { low: 100_000, high: 100_000 });
  assert.deepEqual(bandAt(envelope, at(5)), { low: 70_000, high: 90_000 });
  assert.deepEqual(bandAt(envelope, at(15)), { low: 40_000, high: 70_000 });
  assert.deepEqual(bandAt(envelope, at(31)), { low: 40_000, high: 40_400 });
});

test('a ramp slower than the deadline is the earliest and the latest at once', () => {
  assert.deepEqual(bandAt({ ...envelope, downWPerS: 1_000 }, at(31)), { low: 69_000, high: 69_000 });
});

test('without a ramp of the order the site may fall at once', () => {
  assert.equal(bandAt({ ...envelope, downWPerS: Number.POSITIVE_INFINITY }, at(1))?.low, 40_000);
});

test('back up from the end no faster than the ramp, and no later than when the last rack’s turn has come', () => {
  assert.deepEqual(bandAt(envelope, at(610)), { low: 40_000, high: 50_000 });
  assert.deepEqual(bandAt(envelope, at(910)), { low: 50_000, high: 100_000 });
  assert.equal(bandAt(envelope, at(960)), undefined);
});

test('without any ramp the site may be back at once, and is when the last rack’s turn has come', () => {
  const free = { ...envelope, upWPerS: Number.POSITIVE_INFINITY };
  assert.deepEqual(bandAt(free, at(601)), { low: 40_000, high: 100_000 });
  assert.equal(bandAt(free, at(900)), undefined);
});

test('nothing is foreseen of the way back of racks that do not say how it goes', () => {
  assert.equal(bandAt({ ...envelope, backMs: undefined }, at(601)), undefined);
});

const accepts = (rack: string, level_w: number) =>
  said('applied', { rack }, { rack, orders: [{ ...cut, level_w }] }, at(1));
const cut = {
  order: 'order-1',
  event: 'ecrs-1',
  issuer: 'qse-north',
  program: 'ecrs',
  phase: 'acting' as const,
  until: '2026-11-21T21:30:00.000Z',
  baseline_w: 38_000,
  baseline_method: 'metered',
  reached: {},
  short: [],
};
const midEvent = heard(emptySite(SITE), [
  ordered({ ramp: { down_w_per_s: 500, up_w_per_s: 100 } }, at(0), at(-1)),
  accepts('r1', 16_000),
  accepts('r2', 18_000),
  said('power', { rack: 'r3' }, { power_w: 30_000 }, at(1)),
]);
const event = midEvent.events.get('qse-north/ecrs-1') ?? assert.fail();

test('the site’s level is what it drew, less what the racks that accepted take away', () => {
  const seen = envelopeOf(midEvent, event, 105_000);
  assert.equal(seen?.levelW, 105_000 - 22_000 - 20_000);
  assert.equal(seen?.downWPerS, 1_000);
});

test('the way back ends with the rack that waits longest, its devices awake, and the slower ramp counts', () => {
  const mayRise = (rack: string, restore_window_s: number, step_up_w_per_s: number | null, settle_ms: number) => {
    const wake = { settle_ms, restarts: false, persistent: false, min_interval_s: 0 };
    return said(
      'info',
      { rack },
      { restore_window_s, step_up_w_per_s, devices: [{ ...miner, controls: { wake } }] },
      0,
    );
  };
  const told = heard(midEvent, [mayRise('r1', 900, null, 60_000), mayRise('r2', 300, 40, 0)]);
  const seen = envelopeOf(told, event, 105_000);
  assert.deepEqual([seen?.backMs, seen?.upWPerS], [960_000, 140]);
  assert.equal(envelopeOf(midEvent, event, 105_000)?.backMs, undefined);
});

const miner = {
  device: 'm01',
  adapter: 'whatsminer-v2',
  make: null,
  model: null,
  firmware: null,
  rated_w: 3_400,
  protected: false,
  controls: {},
  learned: { drop_10_s: null, drop_90_s: null, ramp_up_s: null, failure_odds: null, watts_at: [] },
  commissioned_at: null,
};

test('who opens the page in mid-event takes the baselines for what the site drew', () => {
  assert.equal(envelopeOf(midEvent, event, undefined)?.startW, 38_000 + 38_000 + 30_000);
});

test('a site that nobody has accepted for has no envelope', () => {
  assert.equal(envelopeOf(heard(emptySite(SITE), [ordered({}, at(0), at(0))]), event, 1), undefined);
});

test('the chart shows where the site should go beyond now, and no watts there', () => {
  const samples = [{ atMs: at(10), powerW: 80_000, lineW: undefined }];
  const { timeS, powerKw, lineKw, highKw } = columnsOf(samples, envelope, at(10), 100_000);
  assert.equal(timeS.length, powerKw.length);
  assert.deepEqual([powerKw[0], lineKw[0], highKw[0]], [80, null, 80]);
  assert.equal(powerKw.at(-1), null);
  assert.equal(timeS.at(-1), at(22) / 1000);
  assert.deepEqual(spanOf(samples, at(10), 900_000), [at(-50) / 1000, at(17.2) / 1000]);
});
