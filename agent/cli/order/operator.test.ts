import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { readPublicKey, writeKeyPair } from '#agent/config/keys.ts';
import { readOperator } from './operator.ts';

/** A folder with an operator's file in it, and every file that it names beside it. */
async function operatorFile(t: TestContext): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-operator-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeKeyPair(folder, 'qse-north-2026');
  await mkdir(join(folder, 'tls'));
  await writeFile(join(folder, 'tls/ca.pem'), 'CA');
  await writeFile(join(folder, 'broker.pw'), 'made up \r\nsecond line');
  const file = join(folder, 'qse.yaml');
  await writeFile(
    file,
    [
      'broker: {url: mqtts://broker:8883, ca: tls/ca.pem, username: qse, password_file: broker.pw}',
      'site: tx1',
      'issuer: qse-north',
      'program: ecrs',
      'key: qse-north-2026.key',
    ].join('\n'),
  );
  return { folder, file };
}

test('an operator file says everything, with paths from where it lies', async (t) => {
  const { folder, file } = await operatorFile(t);
  const { sign, ...operator } = await readOperator({ operator: file });
  assert.deepEqual(operator, {
    broker: { url: 'mqtts://broker:8883', ca: 'CA', username: 'qse', password: 'made up ' },
    site: 'tx1',
    issuer: 'qse-north',
    program: 'ecrs',
    kid: 'qse-north-2026',
  });
  const known = await readPublicKey(join(folder, 'qse-north-2026.pub'));
  const bytes = Buffer.from('an order');
  assert.ok(known.kind === 'ok' && verify(null, bytes, known.key, await sign(bytes)));
});

test('flags win over the file, one by one', async (t) => {
  const { folder, file } = await operatorFile(t);
  await writeKeyPair(folder, 'qse-north-2027');
  const key = join(folder, 'qse-north-2027.key');
  const operator = await readOperator({ operator: file, program: '4cp', key, broker: 'mqtt://other:1883' });
  assert.equal(operator.program, '4cp');
  assert.equal(operator.kid, 'qse-north-2027');
  assert.equal(operator.site, 'tx1');
  assert.deepEqual(operator.broker, { url: 'mqtt://other:1883', ca: 'CA', username: 'qse', password: 'made up ' });
});

test('what is missing, misspelt or unreadable is told before anything connects', async (t) => {
  const { folder, file } = await operatorFile(t);
  const key = join(folder, 'qse-north-2026.key');
  await assert.rejects(readOperator({}), /no key is given/);
  await assert.rejects(readOperator({ key }), /no broker is given/);
  await assert.rejects(readOperator({ operator: file, site: 'TX 1' }), /site "TX 1" is no name/);
  await assert.rejects(readOperator({ operator: file, key: join(folder, 'no.key') }), /there is no .*no\.key/);
  await assert.rejects(readOperator({ operator: file, ca: join(folder, 'no.pem') }), /there is no .*no\.pem/);
});
