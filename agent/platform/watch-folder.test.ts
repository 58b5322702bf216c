import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { watchFolder } from './watch-folder.ts';

test('a file that comes, changes or goes is noticed once each, and none of what stays the same', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-watch-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clock = new VirtualClock();
  let changes = 0;
  const watched = watchFolder(folder, 2000, clock, () => changes++);
  const look = async () => {
    await clock.advance(2000);
    await watched.looked();
    return changes;
  };
  assert.equal(await look(), 0);
  await writeFile(join(folder, 'a.json'), '1');
  assert.equal(await look(), 1);
  await writeFile(join(folder, 'a.json'), '22');
  assert.equal(await look(), 2);
  assert.equal(await look(), 2);
  await rm(join(folder, 'a.json'));
  assert.equal(await look(), 3);
  await rm(folder, { recursive: true });
  assert.equal(await look(), 3, 'an empty folder and none are the same');
  watched.stop();
  await writeFile(folder, 'in its place');
  assert.equal(await look(), 3);
});
