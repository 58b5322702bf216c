import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { Keyring, md5crypt, seal, unseal } from './crypto.ts';

/** Published by users of the API, recomputed with OpenSSL. */
const published = {
  password: 'admin',
  challenge: { time: '5626', salt: 'BQ5hoXV9', newsalt: 'jbzkfQls' },
  key: 'RxmaDUO33TS7O26yeMHZ81',
  sign: 'w.BNbkCV6n1aNWgiBWLzT/',
  powerOff:
    'p/QzYk8jszmQrR9dnOEVtXIRGg7DTmk9EUY2Z5AGabmXE9uaOgah2+aEOFK/+YqMLm9r+794UBuENliIrZU34RMDsIvMmXNaR4TnfXjrtNQ=',
};

test('the published challenge gives the published key and sign', () => {
  assert.equal(md5crypt(published.password, published.challenge.salt), published.key);
  assert.equal(new Keyring(published.password).token(published.challenge).sign, published.sign);
});

test('of a salt only eight characters count', () => {
  assert.equal(md5crypt(published.password, `${published.challenge.salt}more`), published.key);
});

test('power_off is sealed byte for byte as published', () => {
  const token = new Keyring(published.password).token(published.challenge);
  const sealed = seal({ cmd: 'power_off', respbefore: 'true' }, token);
  assert.deepEqual(sealed, { enc: 1, data: published.powerOff });
});

test('only the last four digits of the time are signed', () => {
  const keyring = new Keyring(published.password);
  assert.equal(keyring.token({ ...published.challenge, time: '1700005626' }).sign, published.sign);
});

test('a new salt gives a new key', () => {
  const keyring = new Keyring(published.password);
  const before = keyring.token(published.challenge);
  const after = keyring.token({ ...published.challenge, salt: 'abcdefgh' });
  assert.notDeepEqual(after.aesKey, before.aesKey);
  assert.deepEqual(keyring.token(published.challenge), before);
});

for (const [padding, fill] of [
  ['zeros', (missing: number) => Buffer.alloc(missing)],
  ['PKCS#7', (missing: number) => Buffer.alloc(missing || 16, missing || 16)],
] as const) {
  test(`a sealed reply padded with ${padding} opens to its JSON`, () => {
    const token = new Keyring('admin').token(published.challenge);
    for (const plain of ['{"Code":131}', '{"Msg":"16 bytes"}']) {
      const cipher = createCipheriv('aes-256-ecb', token.aesKey, null).setAutoPadding(false);
      const padded = Buffer.concat([Buffer.from(plain), fill((16 - (plain.length % 16)) % 16)]);
      const sealed = Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
      assert.equal(unseal(sealed, token), plain);
    }
  });
}

test('a sealed reply that is cut is malformed', () => {
  const token = new Keyring('admin').token(published.challenge);
  assert.throws(() => unseal(published.powerOff.slice(0, 40), token), { kind: 'malformed' });
});
