import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '#agent/console/model/message.ts';
import { epochMs } from '#protocol/time.ts';
import { SITE, said } from '#test/support/said.ts';
import { heard } from './heard.ts';
import { emptySite } from './site.ts';
import { worries } from './worst.ts';

const START = epochMs('2026-11-21T21:00:00Z');
const at = (s: number) => START + 1000 * s;
const worst = (messages: Message[], s: number) =>
  worries(heard(emptySite(SITE), messages), at(s)).map(
    ({ rack, reasons }) => `${rack.id}: ${reasons.map(({ says }) => says).join('; ')}`,
  );
const draws = (rack: string, power_w: number, line_w: number | null, s = 0) =>
  said('power', { rack }, { power_w, line_w }, at(s));

test('a rack that does as it should is no worry', () => {
  assert.deepEqual(worst([draws('r1', 16_000, 16_000), draws('r2', 38_000, null)], 1), []);
});

test('the gravest comes first, and each rack with all its reasons', () => {
  const messages = [
    draws('r1', 20_000, 16_000),
    draws('r2', 16_000, 16_000, -60),
    draws('r3', 16_000, 16_000),
    said('thermal', { rack: 'r3' }, { inlet_c: 41.2, leak: true }, at(0)),
    said('state', { rack: 'r4' }, { status: 'offline' }, at(0)),
    draws('r5', 38_000, null),
    said(
      'alarm',
      { rack: 'r5', alarm: 'meter-feed' },
      { alarm: 'meter-feed', since: '2026-11-21T21:00:00.000Z', severity: 'critical' },
      at(0),
    ),
  ];
  assert.deepEqual(worst(messages, 1), [
    'r3: leak; inlet 41.2\u202f°C',
    'r5: meter-feed: something is wrong',
    'r2: silent for 58\u202fs',
    'r4: offline',
    'r1: 4.0\u202fkW over the line',
  ]);
});

test('a second a little over the line is no worry: the meter’s mean is what counts', () => {
  assert.deepEqual(worst([draws('r1', 16_700, 16_000)], 1), []);
  assert.deepEqual(worst([draws('r1', 16_900, 16_000)], 1), ['r1: 0.9\u202fkW over the line']);
});

test('a rack on its way down is over its line for a while, which is no worry until its deadline', () => {
  const acting = said('event', { rack: 'r1' }, { phase: 'acting' }, at(0));
  const partial = said('event', { rack: 'r1' }, { phase: 'partial' }, at(30));
  assert.deepEqual(worst([draws('r1', 30_000, 16_000), acting], 1), []);
  assert.deepEqual(worst([draws('r1', 30_000, 16_000, 30), acting, partial], 31), [
    'r1: 14.0\u202fkW over the line; partial: over its level at the deadline',
  ]);
});
