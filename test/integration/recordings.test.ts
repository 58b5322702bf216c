/** Recordings on a real disk. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openLog } from '#agent/platform/log.ts';
import { openRecordings, readRecording, recordingsIn } from '#agent/platform/recordings.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

const HOUR_MS = 3_600_000;
const AT = Date.parse('2026-11-21T21:00:00Z');

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-recordings-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

function open(folder: string, limits = { files: 25, bytes: 1e9 }) {
  const clock = new VirtualClock();
  return { clock, recordings: openRecordings(folder, { clock, log: openLog('silent'), limits }) };
}

test('what is written comes back in order, part by part, and any gzip opens it', async (t) => {
  const folder = await folderFor(t);
  const { recordings } = open(folder);
  recordings.begin(AT);
  recordings.write('{"n":1}');
  await recordings.flush();
  recordings.write('{"n":2}');
  recordings.begin(AT + HOUR_MS);
  recordings.write('{"n":3}');
  await recordings.flush();
  const files = await recordingsIn(folder);
  assert.deepEqual(await Promise.all(files.map(readRecording)), [['{"n":1}', '{"n":2}'], ['{"n":3}']]);
  assert.equal(gunzipSync(await readFile(files[0] ?? '')).toString(), '{"n":1}\n{"n":2}\n');
  await writeFile(join(folder, 'unpacked'), '{"n":1}\n{"n":2}\n');
  assert.deepEqual(await readRecording(join(folder, 'unpacked')), ['{"n":1}', '{"n":2}']);
});

test('lines wait for company, ten seconds at the most', async (t) => {
  const folder = await folderFor(t);
  const { clock, recordings } = open(folder);
  recordings.begin(AT);
  recordings.write('{"n":1}');
  await clock.advance(9000);
  assert.deepEqual(await readdir(folder), []);
  await clock.advance(1000);
  await recordings.flush();
  assert.equal((await readdir(folder)).length, 1);
});

test('a file that a crash cut short gives every line that was written whole', async (t) => {
  const folder = await folderFor(t);
  const { recordings } = open(folder);
  recordings.begin(AT);
  recordings.write('{"n":1}');
  await recordings.flush();
  const [first] = await recordings.list();
  recordings.write(`{"n":2,"long":"${Array.from({ length: 300 }, (_, i) => i).join()}"}`);
  await recordings.flush();
  const [whole] = await recordings.list();
  assert.ok(first && whole && whole.bytes > first.bytes + 60);
  await truncate(whole.file, whole.bytes - 40);
  assert.deepEqual(await readRecording(whole.file), ['{"n":1}']);
});

test('the oldest files go when there are more than a day of them, or more than there is room for', async (t) => {
  for (const limits of [
    { files: 2, bytes: 1e9 },
    { files: 25, bytes: 80 },
  ]) {
    const folder = await folderFor(t);
    const { recordings } = open(folder, limits);
    for (const hour of [0, 1, 2, 3]) {
      recordings.begin(AT + hour * HOUR_MS);
      recordings.write(`{"hour":${hour}}`);
      await recordings.flush();
    }
    const kept = await Promise.all((await recordingsIn(folder)).map(readRecording));
    assert.deepEqual(kept, [['{"hour":2}'], ['{"hour":3}']]);
  }
});

test('a disk that takes nothing is told, and does not stop anything', async (t) => {
  const folder = await folderFor(t);
  await writeFile(join(folder, 'in-the-way'), '');
  const { recordings } = open(join(folder, 'in-the-way'));
  recordings.begin(AT);
  recordings.write('{"n":1}');
  await recordings.flush();
  assert.equal(recordings.broken, true);
  recordings.begin(AT);
  assert.equal(recordings.broken, false);
});
