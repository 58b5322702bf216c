import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { serveFolder } from '#agent/platform/web-files.ts';

/** A page, and beside and below it what nobody may read. */
async function servedPage(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'ballast-web-'));
  t.after(() => rm(root, { recursive: true }));
  const folder = join(root, 'page');
  await mkdir(join(folder, 'below'), { recursive: true });
  await writeFile(join(root, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'below/secret.txt'), 'secret');
  await writeFile(join(folder, 'secret.key'), 'secret');
  await writeFile(join(folder, 'index.html'), '<title>page</title>');
  await writeFile(join(folder, 'app.js'), 'export {};');
  const served = await serveFolder(folder, { host: '127.0.0.1', port: 0 });
  t.after(() => served.stop());
  return served.url;
}

/** The path as written: `fetch` would tidy it first. */
function statusOf(url: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path }, (response) => resolve(response.resume().statusCode));
    asked.on('error', reject).end();
  });
}

test('the page is served with a policy that lets it load nothing from elsewhere', async (t) => {
  const url = await servedPage(t);
  const index = await fetch(`${url}?site=tx1`);
  assert.equal(await index.text(), '<title>page</title>');
  assert.match(index.headers.get('content-security-policy') ?? '', /default-src 'none'.*script-src 'self'/);
  assert.equal(index.headers.get('x-content-type-options'), 'nosniff');
  const script = await fetch(`${url}app.js`, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(script.headers.get('content-encoding'), 'gzip');
  assert.equal(await script.text(), 'export {};');
  assert.match(script.headers.get('content-type') ?? '', /^text\/javascript/);
});

test('nothing but the files of the page can be read, however the path is written', async (t) => {
  const url = await servedPage(t);
  const paths = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '//secret.txt',
    '/below/secret.txt',
    '/secret.key',
    '/index.html/../../secret.txt',
    '/index.html%00.txt',
    '/__proto__',
  ];
  for (const path of paths) assert.equal(await statusOf(url, path), 404, path);
  assert.equal(await statusOf(url, '/index.html'), 200);
});

test('the server only hands out: it takes nothing', async (t) => {
  const url = await servedPage(t);
  assert.equal((await fetch(url, { method: 'POST', body: 'x' })).status, 405);
  const head = await fetch(url, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
});
