import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const demo = join(import.meta.dirname, '../demo.ts');

test('the demo walks from a full rack to the metered cuts and back, loses no work, and ends', {
  timeout: 180_000,
}, async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'ballast-demo-'));
  t.after(() => rm(parent, { recursive: true }));
  const folder = join(parent, 'data');
  const args = [demo, '--once', '--folder', folder, '--port', '0', '--web-port', '0', '--page-port', '0'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  const phases = [...stdout.matchAll(/^\S+Z r01 +(\w+)/gm)].map(([, phase]) => phase);
  assert.deepEqual(
    ['acting', 'metered', 'holding', 'restored'].filter((phase) => phases.includes(phase)),
    ['acting', 'metered', 'holding', 'restored'],
    stdout + stderr,
  );
  assert.match(stdout, /console +http:\/\/127\.0\.0\.1:\d+\/\?broker=ws:\/\/127\.0\.0\.1:\d+&site=demo/);
  assert.match(stdout, /reads 4\d{4} W on the feed/);
  assert.match(stdout, /m12 +asleep +asleep +awake/);
  assert.match(stdout, /gpu0 +awake +awake +awake/);
  assert.match(stdout, /chat +drained, then asleep: \d+ requests answered, 0 lost\n/);
  assert.match(stdout, /chat +awake: \d+ requests answered, 0 lost\n/);
  assert.deepEqual(
    [...stdout.matchAll(/^batch +(.+)$/gm)].map(([, is]) => is),
    ['frozen where it was', 'runs'],
  );
  const [restsAt, runsAt] = [...stdout.matchAll(/^train .* step (\d+)$/gm)].map(([, step]) => step);
  assert.equal(runsAt, restsAt);
  assert.equal(restsAt === undefined, stdout.includes('there is no python3 here'));
  assert.ok((await readdir(folder)).includes('agent.log'));
});
