import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { readPublicKey, readSigningKey, writeKeyPair } from './keys.ts';

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ballast-keys-'));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

test('what a new key signs, its public half verifies, and only the owner may read the private one', async (t) => {
  const written = await writeKeyPair(await folder(t), 'qse-north-2026');
  assert.equal(written.kind, 'written');
  if (written.kind !== 'written') return;
  const secret = await readSigningKey(written.files.key);
  const known = await readPublicKey(written.files.pub);
  assert.ok(secret.kind === 'ok' && known.kind === 'ok');
  assert.equal(known.kid, 'qse-north-2026');
  const message = Buffer.from('6 kW until 17:00');
  assert.ok(verify(null, message, known.key, sign(null, message, secret.key)));
  assert.equal((await stat(written.files.key)).mode & 0o777, 0o600);
});

test('a new key never overwrites an old one, and leaves no half pair behind', async (t) => {
  const out = await folder(t);
  await writeFile(join(out, 'a.pub'), 'old');
  assert.deepEqual(await writeKeyPair(out, 'a'), { kind: 'kept', file: join(out, 'a.pub') });
  await assert.rejects(stat(join(out, 'a.key')));
  await writeKeyPair(out, 'b');
  const before = await readFile(join(out, 'b.key'), 'utf8');
  assert.deepEqual(await writeKeyPair(out, 'b'), { kind: 'kept', file: join(out, 'b.key') });
  assert.equal(await readFile(join(out, 'b.key'), 'utf8'), before);
});

test('a key that is not Ed25519 is refused by its type', async (t) => {
  const file = join(await folder(t), 'old.pub');
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(file, publicKey.export({ format: 'pem', type: 'spki' }));
  assert.deepEqual(await readPublicKey(file), {
    kind: 'bad',
    message: `${file} holds a key of type rsa, not Ed25519`,
    hint: 'make one with `ballast keys new NAME`',
  });
});

test('a private key in the place of a public one is refused: it should never be on a rack', async (t) => {
  const out = await folder(t);
  await writeKeyPair(out, 'a');
  await rename(join(out, 'a.key'), join(out, 'b.pub'));
  const read = await readPublicKey(join(out, 'b.pub'));
  assert.equal(read.kind === 'bad' && read.message, `${join(out, 'b.pub')} holds a private key`);
});

test('a file with something else in it, a file that is missing and a name no wire carries are told apart', async (t) => {
  const out = await folder(t);
  await writeFile(join(out, 'a.pub'), 'hello');
  const messages = await Promise.all(
    ['a.pub', 'b.pub', 'A_b.pub'].map(async (file) => {
      const read = await readPublicKey(join(out, file));
      return read.kind === 'bad' ? read.message.replace(`${out}/`, '') : undefined;
    }),
  );
  assert.deepEqual(messages, ['a.pub holds no key in PEM form', 'there is no b.pub', '"A_b" cannot name a key']);
});
