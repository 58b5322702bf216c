import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ack } from '#protocol/lifecycle.ts';
import { dayAndTime, formatStep, releaseCommand } from './tell.ts';
import { canMeet, formatDryRun } from './tell-dry-run.ts';

const screen = { width: 80, tint: (_tint: string, text: string) => text };
const AT = '2026-11-21T21:00:02.345Z';
const dryRunAck: Ack = {
  v: 1,
  at: AT,
  rack: 'r07',
  type: 'command',
  id: 'c1',
  result: 'done',
  code: null,
  detail: '',
  prediction: {
    level_w: 3000,
    power_w: 6950,
    expected_w: 2900,
    short_by_w: 0,
    seconds: 5,
    cuts: [{ device: 'm01', from_w: 3400, to_w: 30, seconds: 5, why: 'sleeps' }],
    raises: [],
    skipped: [{ device: 'm02', why: 'protected by the policy' }],
  },
};

test('a step shows when, who, how far, watts against the level, and why', () => {
  const step = {
    at: AT,
    rack: 'r07',
    phase: 'metered',
    power_w: 5870,
    level_w: 6000,
    code: null,
    why: 'the mean is under',
  };
  assert.equal(
    formatStep({ ...step, phase: 'metered' }, screen),
    '21:00:02Z r07    metered        5870 W of 6000 W  the mean is under',
  );
});

test('a refusal shows its code and reason, and no watts where none are known', () => {
  const step = { at: AT, rack: 'r07', power_w: null, level_w: null, why: 'ecrs is not among its programs' };
  assert.equal(
    formatStep({ ...step, phase: 'refused', code: 'program_not_allowed' }, screen),
    [
      '21:00:02Z r07    refused             -            program_not_allowed: ecrs is',
      `${' '.repeat(50)}  not among its programs`,
    ].join('\n'),
  );
});

test('an end on another day says which', () => {
  assert.equal(dayAndTime('2026-11-21T22:00:00.000Z', AT), '22:00:00Z');
  assert.equal(dayAndTime('2026-11-29T22:00:00.000Z', AT), '2026-11-29 22:00:00Z');
});

test('the release of an order is told as it must be typed', () => {
  assert.equal(
    releaseCommand({ to: 'rack/r07', program: 'ecrs' }, 'qse.yaml'),
    'ballast order --operator qse.yaml --program ecrs --to rack/r07 --release',
  );
});

test('a dry run shows every rack, who is cut, who is skipped and why, and the sum', () => {
  assert.deepEqual(formatDryRun([{ rack: 'r07', ack: dryRunAck }, { rack: 'r08' }], screen).split('\n'), [
    'r07  level 3000 W; 6950 W now, 2900 W in 5 s',
    'DEVICE     NOW  THEN   IN  WHY',
    'm01     3400 W  30 W  5 s  sleeps',
    'm02                        skipped: protected by the policy',
    '',
    'r08  no answer within 10 s: it hears only issuers and keys of its policy',
    '',
    '1 of 2 racks: 1 device would give 3370 W in 5 s',
  ]);
});

test('a dry run is good only when every rack in scope answered and can meet the level', () => {
  const short: Ack = { ...dryRunAck, prediction: dryRunAck.prediction && { ...dryRunAck.prediction, short_by_w: 100 } };
  const refused: Ack = { ...dryRunAck, result: 'refused', code: 'target_not_allowed' };
  assert.equal(canMeet([{ rack: 'r07', ack: dryRunAck }]), true);
  assert.equal(canMeet([{ rack: 'r07', ack: dryRunAck }, { rack: 'r08' }]), false);
  assert.equal(canMeet([{ rack: 'r07', ack: short }]), false);
  assert.equal(canMeet([{ rack: 'r07', ack: refused }]), false);
});
