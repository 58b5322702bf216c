import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { action } from '#protocol/command.ts';
import { phases, refusalCodes } from '#protocol/lifecycle.ts';
import { order, targetKinds } from '#protocol/order.ts';
import { bytesToSign, toBase64Url } from '#protocol/signing.ts';
import { topics } from '#protocol/topics.ts';
import { schemaFiles } from '#test/tools/schemas.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../protocol/SCHEMA.md'), 'utf8');
/** The words that stand in code type. */
const named = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code.match(/[\w-]+/g) ?? []));
const missing = (words: Iterable<string>) => [...words].filter((word) => !named.has(word));
const rows = page.split('\n').filter((line) => line.startsWith('| `'));

test('the page names every topic, and says whether it is retained as the code does', () => {
  for (const { path, retained } of Object.values(topics)) {
    const row = rows.find((line) => line.startsWith(`| \`${path}\` |`));
    assert.ok(row, path);
    assert.equal(/^\| `[^`]+` \| yes/.test(row), retained, path);
  }
});

test('the page names every refusal in a row of its own, every phase, target and action', () => {
  for (const code of refusalCodes)
    assert.ok(
      rows.some((line) => line.startsWith(`| \`${code}\` |`)),
      code,
    );
  assert.deepEqual(missing([...phases, ...targetKinds]), []);
  assert.deepEqual(missing(action.options.map(({ shape }) => shape.kind.value)), []);
});

test('the page names every field of every payload', () => {
  const fields = new Set([...schemaFiles().values()].flatMap((text) => [...fieldsOf(JSON.parse(text))]));
  assert.ok(fields.size > 100);
  assert.deepEqual(missing(fields), []);
});

test('the worked example of a signature holds, byte for byte', () => {
  const example = order.parse(JSON.parse(page.match(/```json\n([\s\S]+?)```/)?.[1] ?? ''));
  const value = (row: string) => page.match(new RegExp(`\\| ${row}[^|]*\\| \`?([^\`|,]+)`))?.[1];
  const pkcs8 = Buffer.from(`302e020100300506032b657004220420${value('private key')}`, 'hex');
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const bytes = bytesToSign(example);
  assert.equal(createPublicKey(privateKey).export({ format: 'jwk' }).x, value('public key'));
  assert.equal(String(bytes.length), value('bytes to sign'));
  assert.equal(createHash('sha256').update(bytes).digest('hex'), value('their SHA-256'));
  assert.equal(toBase64Url(sign(null, bytes, privateKey)), example.signature.value);
});

test('every link within the page leads somewhere', () => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text.toLowerCase().replaceAll(' ', '-'));
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
  assert.deepEqual(
    links.filter((link) => !headings.includes(link)),
    [],
  );
});

/** Names of all properties, at any depth. */
function* fieldsOf(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') yield* Object.keys(value as object);
    yield* fieldsOf(value);
  }
}
