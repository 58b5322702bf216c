import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { secretPath, whyNoSecret } from './secrets.ts';

const GIVEN = '/run/credentials/ballast.service';

const paths: [what: string, file: string, credentials: string | undefined, path: string][] = [
  ['without systemd a path is relative to the config', 'secrets/m01.pw', undefined, '/etc/ballast/secrets/m01.pw'],
  ['what systemd has handed over is read there', 'secrets/m01.pw', GIVEN, `${GIVEN}/secrets_m01.pw`],
  ['also where the config names it in full', '/etc/ballast/secrets/m01.pw', GIVEN, `${GIVEN}/secrets_m01.pw`],
  ['and from a folder within', 'secrets/row-a/m01.pw', GIVEN, `${GIVEN}/secrets_row-a_m01.pw`],
  ['what lies beside the config is read there', 'm01.pw', GIVEN, '/etc/ballast/m01.pw'],
  ['and so is what lies elsewhere', '/srv/secrets/m01.pw', GIVEN, '/srv/secrets/m01.pw'],
];
for (const [what, file, credentials, path] of paths) {
  test(what, () => assert.equal(secretPath('/etc/ballast', file, credentials), path));
}

test('a secret that came after the start is told by its own name, and how it gets to the service', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-secrets-'));
  t.after(() => rm(folder, { recursive: true }));
  assert.deepEqual(await whyNoSecret('/etc/ballast', 'secrets/m01.pw', folder), {
    message: 'there was no /etc/ballast/secrets/m01.pw when the service started',
    hint: 'put it there, then: systemctl restart ballast',
  });
  await writeFile(join(folder, 'secrets_m01.pw'), 'made up\n');
  assert.equal(await whyNoSecret('/etc/ballast', 'secrets/m01.pw', folder), undefined);
});
