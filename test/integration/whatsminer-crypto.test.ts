import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { md5crypt } from '#adapters/asic/whatsminer/crypto.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
// In continuous integration a missing program fails the test instead of skipping it.
const skip = !hasOpenssl && process.env['CI'] !== 'true' && 'needs the Debian package openssl';

test('md5crypt gives what openssl gives, for any password and salt', { skip }, async () => {
  const printable = fc.string({
    minLength: 1,
    maxLength: 40,
    unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
  });
  const salt = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'./09AZaz') });
  await fc.assert(
    fc.property(printable, salt, (password, salt) => {
      const openssl = spawnSync('openssl', ['passwd', '-1', '-salt', salt, '-stdin'], {
        input: password,
        encoding: 'utf8',
      });
      assert.equal(`$1$${salt}$${md5crypt(password, salt)}`, openssl.stdout.trim(), openssl.stderr);
    }),
    { numRuns: 60 },
  );
});
