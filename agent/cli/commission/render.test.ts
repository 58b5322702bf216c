import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bar } from '../progress.ts';
import type { CommissionResult } from './answer.ts';
import { formatDoing, formatOutlets, formatResult, formatUnfit } from './render.ts';

const screen = { width: 80, tint: (_tint: string, text: string) => text };
const fitting: CommissionResult = {
  device: 'm01',
  tried: true,
  fits: true,
  findings: [],
  outlets: ['pdu-a/1', 'pdu-b/1'],
  feedW: -3375.4,
  outletsW: -3370,
};

test('a device that fits is told with what followed it', () => {
  const told = 'm01       fits: the feed fell by 3375 W, pdu-a/1 and pdu-b/1 fell by 3370 W';
  assert.equal(formatResult(fitting, screen), told);
});

const misfit: CommissionResult = {
  device: 'm02',
  tried: true,
  fits: false,
  findings: ['feed did not follow: 20 W of 3000 W. It hangs on another feed', 'no outlet moved'],
  outlets: [],
};
const locked: CommissionResult = { device: 'm03', tried: false, fits: false, findings: ['locked out'], outlets: [] };

test('one that does not fit is told with every reason', () => {
  assert.deepEqual(formatResult(misfit, screen).split('\n'), [
    'm02       does not fit',
    '          feed did not follow: 20 W of 3000 W. It hangs on another feed',
    '          no outlet moved',
  ]);
});

test('one that was left alone does not misfit: it was not tried', () => {
  assert.equal(formatResult(locked, screen), 'm03       not tried: locked out');
});

test('at the end those that orders leave alone are named, with what to type next', () => {
  assert.equal(formatUnfit([fitting]), undefined);
  assert.deepEqual(formatUnfit([fitting, misfit, locked]), {
    message: 'm02 does not fit; m03 was not tried: no order moves what has not been seen to fit',
    fix: 'mend the wiring or the config as said above, then: ballast commission m02 m03',
  });
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
