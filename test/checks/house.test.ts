import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { nodeOptions } from '#test/support/launcher.ts';

const root = resolve(import.meta.dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');

test('no module keeps state: a thousand agents run in one process', () => {
  const files = globSync('{agent,firmware-adapters,protocol}/**/*.ts', { cwd: root });
  assert.ok(files.length > 100, 'the sources lie where this test looks');
  const stateful = files.flatMap((file) =>
    // The formatter puts what belongs to the module, and nothing else, at the start of a line.
    [...text(file).matchAll(/^(?:export )?(?:let|var) .*/gm)].map(([line]) => `${file}: ${line}`),
  );
  assert.deepEqual(stateful, []);
});

test('every dependency is pinned to one version', () => {
  const manifest = JSON.parse(text('package.json')) as Record<string, Record<string, string> | undefined>;
  const wanted = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((section) =>
    Object.entries(manifest[section] ?? {}),
  );
  assert.ok(wanted.length > 10);
  const loose = wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  assert.deepEqual(loose, []);
});

test('installed and in a checkout the agent runs on the same Node, told the same', () => {
  assert.notDeepEqual(nodeOptions(), []);
  assert.deepEqual(nodeOptions('packaging/root/usr/bin/ballast'), nodeOptions());
});
