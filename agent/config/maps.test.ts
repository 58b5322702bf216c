import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { openShelf, readMapFile } from './maps.ts';

const thermometer = {
  id: 'acme-t1',
  vendor: 'Acme',
  model: 'T1',
  source: ['Acme, T1 manual'],
  unverified: 'not yet compared with one',
  wire: { kinds: ['rtu'] },
  points: [
    {
      key: 'temperature_c',
      table: 'input',
      address: 0,
      type: 's16',
      scale: 0.1,
      unit: 'C',
      safe_range: [-40, 85],
      poll_class: 'normal',
    },
  ],
};

/** A folder with these files. */
function folderOf(t: TestContext, files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-maps-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

test('a map in the technician’s folder stands beside those that come with the agent', async (t) => {
  const folder = folderOf(t, { 'acme-t1.json': thermometer, 'notes.txt': 'not a map' });
  const { ids, maps, problems } = await openShelf(folder, ['acme-t1', 'xy-md02', 'unknown']);
  assert.ok(ids.includes('acme-t1') && ids.includes('eastron-sdm630'));
  assert.deepEqual([...maps.keys()].sort(), ['acme-t1', 'xy-md02']);
  assert.deepEqual(problems, []);
});

test('the technician’s map of a model goes before the one that comes with the agent', async (t) => {
  const folder = folderOf(t, { 'xy-md02.json': { ...thermometer, id: 'xy-md02' } });
  const { maps } = await openShelf(folder, ['xy-md02']);
  assert.equal(maps.get('xy-md02')?.vendor, 'Acme');
});

test('a map with a mistake is told by file, point and rule, and does not hide the others', async (t) => {
  const wrong = { ...thermometer, points: [{ ...thermometer.points[0], unit: 'V' }] };
  const folder = folderOf(t, { 'acme-t1.json': thermometer, 'acme-t2.json': wrong, 'acme-t3.json': '{' });
  const { ids, maps, problems } = await openShelf(folder, ['acme-t1']);
  assert.ok(ids.includes('acme-t2'));
  assert.deepEqual([...maps.keys()], ['acme-t1']);
  assert.deepEqual(
    problems.map(({ file, path, message }) => [file, path, message.split(':')[0]]),
    [
      [join(folder, 'acme-t2.json'), 'temperature_c', 'unit'],
      [join(folder, 'acme-t3.json'), '', 'json'],
    ],
  );
});

test('a map is named as its file', async (t) => {
  const folder = folderOf(t, { 'thermometer.json': thermometer });
  const { problems } = await openShelf(folder, []);
  assert.deepEqual(
    problems.map(({ path, message }) => [path, message]),
    [['id', 'acme-t1 is not the name of its file']],
  );
});

test('a folder that is not there holds no maps, and a file that is not there is an error', async (t) => {
  const folder = folderOf(t, {});
  assert.deepEqual((await openShelf(join(folder, 'none'), [])).problems, []);
  await assert.rejects(readMapFile(join(folder, 'none.json')), { code: 'ENOENT' });
});
