import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { loadRackKey } from '#agent/platform/rack-key.ts';

async function keyPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-key-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'state', 'rack.key');
}

test('the first start makes a key for the agent alone, and every later one finds it', async (t) => {
  const path = await keyPath(t);
  const made = await loadRackKey(path);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(path, '..')), ['rack.key']);
  await chmod(path, 0o644);
  const found = await loadRackKey(path);
  assert.deepEqual([found.kid, found.publicKey], [made.kid, made.publicKey]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('what the rack signs verifies with its public key', async (t) => {
  const { publicKey, sign } = await loadRackKey(await keyPath(t));
  const bytes = Buffer.from('baseline 38000 W');
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } });
  assert.ok(verify(null, bytes, key, sign(bytes)));
});

test('a spoiled key is never replaced by itself', async (t) => {
  const path = await keyPath(t);
  await loadRackKey(path);
  await writeFile(path, 'spoiled');
  await assert.rejects(loadRackKey(path), /rack\.key holds no Ed25519 key\. Restore it from a backup/);
});
