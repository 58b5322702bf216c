import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bar } from '../progress.ts';
import type { CommissionResult } from './answer.ts';
import { formatDoing, formatOutlets, formatResult } from './render.ts';

const screen = { tint: (_tint: string, text: string) => text };
const fitting: CommissionResult = {
  device: 'm01',
  fits: true,
  findings: [],
  outlets: ['pdu-a/1', 'pdu-b/1'],
  feedW: -3375.4,
  outletsW: -3370,
};

test('a device that fits is told with what moved', () => {
  assert.equal(formatResult(fitting, screen), 'm01       fits          feed -3375 W, pdu-a/1 and pdu-b/1 -3370 W');
});

test('one that does not fit is told with every reason', () => {
  const { feedW: _feed, outletsW: _outlets, ...rest } = fitting;
  const misfit = { ...rest, fits: false, outlets: [], findings: ['feed did not follow', 'no outlet moved'] };
  const told = 'm01       does not fit\n          feed did not follow\n          no outlet moved';
  assert.equal(formatResult(misfit, screen), told);
});

test('what goes on is told with its place among all', () => {
  const seen = { running: true, observes: false, waiting: 2, results: [], released: [] };
  const doing = { device: 'm02', what: 'to be asleep', forS: 12 };
  assert.equal(formatDoing({ ...seen, doing }, 1), '2 of 4: m02 to be asleep, for 12 s');
});

test('the outlet map is told as the config has it', () => {
  const told = 'outlets that were seen to feed each device:\n  m01: outlets: [pdu-a/1, pdu-b/1]';
  assert.equal(formatOutlets([fitting]), told);
});

test('a bar fills from the left', () => {
  assert.equal(bar(1, 4, 8), '[##------] 25 %');
  assert.equal(bar(0, 0, 4), '[####] 100 %');
});
