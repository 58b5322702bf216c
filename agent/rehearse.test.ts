import assert from 'node:assert/strict';
import { test } from 'node:test';
import { miner, rackOf } from '#test/support/pictures.ts';
import { AT, policy } from '#test/support/signed.ts';
import { rehearse } from './rehearse.ts';

test('a rehearsed order passes every check that a real one meets and would cut, and nothing is changed by it', async () => {
  const picture = rackOf([miner('m01'), miner('m02')]);
  const before = structuredClone({ picture, policy });
  const { admission, prediction } = await rehearse({ site: 'tx1', rack: 'r07', policy, picture, now: AT });
  assert.equal(admission.kind, 'accepted');
  assert.ok(prediction.cuts.length > 0);
  assert.deepEqual({ picture, policy }, before);
});
