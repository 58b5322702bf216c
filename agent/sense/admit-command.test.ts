import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefusalCode } from '#protocol/lifecycle.ts';
import { AT, bytes, commandBody, keys, orderBody, policy, signed } from '#test/support/signed.ts';
import { admitCommand } from './admit-command.ts';

const gate = {
  site: 'tx1',
  rack: 'r07',
  groups: ['row-a'],
  policy,
  keys,
  now: AT,
  clock: 'good' as 'good' | 'bad',
  taken: () => false,
};
const admit = (payload: unknown, change: Partial<typeof gate> & { retained?: boolean; issuer?: string } = {}) => {
  const { retained = false, issuer = 'qse-north', ...rest } = change;
  return admitCommand(issuer, bytes(payload), retained, { ...gate, ...rest });
};

test('a fresh command of its issuer is taken, under a key that names it', () => {
  const admission = admit(signed(commandBody()));
  assert.ok(admission.kind === 'accepted');
  assert.equal(admission.key, 'qse-north/c-1');
});

const rows: [what: string, code: RefusalCode, body: object, change?: Parameters<typeof admit>[1]][] = [
  ['it was retained', 'retained_command', commandBody(), { retained: true }],
  ['it was taken before', 'replayed', commandBody(), { taken: () => true }],
  ['the clock is not set', 'clock_not_set', commandBody(), { clock: 'bad' }],
  ['it lives over 30 s', 'malformed', commandBody({ valid_until: '2026-11-21T21:00:30.001Z' })],
  ['its time is over', 'expired', commandBody(), { now: { ...AT, wall: AT.wall + 20_000 } }],
  ['it was issued in the future', 'issued_in_future', commandBody({ issued_at: '2026-11-21T21:00:06.000Z' })],
  ['it is for another rack', 'scope_mismatch', commandBody({ scope: { site: 'tx1', to: 'rack/r08' } })],
  ['it is for all racks', 'scope_mismatch', commandBody({ scope: { site: 'tx1', to: 'all' } })],
  ['it is for another site', 'scope_mismatch', commandBody({ scope: { site: 'tx2', to: 'rack/r07' } })],
  ['it came on another issuer’s topic', 'scope_mismatch', commandBody(), { issuer: 'qse-south' }],
  ['a key is not in the schema', 'malformed', { ...commandBody(), note: 'x' }],
  [
    'the order it asks about is for another rack',
    'scope_mismatch',
    commandBody({ action: { kind: 'dry_run', order: orderBody({ scope: { site: 'tx1', to: 'rack/r08' } }) } }),
  ],
  [
    'the order it asks about is beyond its issuer’s rights',
    'program_not_allowed',
    commandBody({ action: { kind: 'dry_run', order: orderBody({ program: '4cp' }) } }),
  ],
];

for (const [what, code, body, change] of rows) {
  test(`a command is refused with ${code} when ${what}`, () => {
    const admission = admit(signed(body), change);
    assert.ok(admission.kind === 'refused', 'it was taken');
    assert.deepEqual([admission.code, admission.verified, admission.issuer], [code, true, 'qse-north']);
  });
}

test('a command whose signature does not hold is refused, and its sender not answered', () => {
  const admission = admit({ ...signed(commandBody()), id: 'c-2' });
  assert.ok(admission.kind === 'refused');
  assert.deepEqual([admission.code, admission.verified, admission.issuer], ['bad_signature', false, undefined]);
});

test('an order is no command, and a command no order', () => {
  const admission = admit(signed(orderBody()));
  assert.ok(admission.kind === 'refused' && admission.code === 'malformed');
});
