import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdapterError } from '../errors.ts';
import { Password } from './password.ts';

test('the file is read once, and again when a device has refused what it held', async () => {
  const lines = ['forgotten', 'corrected', 'never asked for'];
  const password = new Password('m01.pw', { secret: async () => lines.shift() ?? '' });
  assert.equal(await password.get(), 'forgotten');
  assert.equal(await password.get(), 'forgotten');
  const { kind, code, message } = password.wrong(new AdapterError('refused', 'the miner said no', { code: 23 }));
  assert.deepEqual([kind, code], ['unauthorised', 23]);
  assert.equal(message, "the miner said no; the password in m01.pw is probably not the miner's");
  assert.equal(await password.get(), 'corrected');
  assert.equal(await password.get(), 'corrected');
});

test('a file that cannot be read is named, and tried again', async () => {
  let there = false;
  const secret = async () => (there ? 'now' : Promise.reject(new Error('no such file')));
  const password = new Password('m01.pw', { secret });
  await assert.rejects(password.get(), {
    kind: 'unauthorised',
    message: 'cannot read the password file m01.pw: no such file',
  });
  there = true;
  assert.equal(await password.get(), 'now');
});
