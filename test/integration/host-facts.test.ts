import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { systemClock } from '#agent/platform/clock.ts';
import { openHostFacts } from '#agent/platform/host-facts.ts';
import { openLog } from '#agent/platform/log.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

const patience = { timeout: 60_000 };
const log = openLog('silent');

test('a worker reads memory, load, disk and uptime of this machine', patience, async (t) => {
  const reader = openHostFacts({ folder: tmpdir(), clock: systemClock, log });
  t.after(() => reader.stop());
  const facts = await reader.read();
  assert.ok(facts);
  const { memoryTotalBytes = 0, memoryAvailableBytes = 0, diskTotalBytes = 0, diskFreeBytes = -1, uptimeS = 0 } = facts;
  assert.ok(memoryTotalBytes > memoryAvailableBytes && memoryAvailableBytes > 0);
  assert.ok(diskTotalBytes >= diskFreeBytes && diskFreeBytes >= 0);
  assert.ok(uptimeS > 0);
  assert.ok(facts.loadPercent !== undefined && facts.loadPercent >= 0 && facts.loadPercent <= 100);
  assert.ok(facts.cpuC === undefined || (facts.cpuC > 0 && facts.cpuC < 150));
  assert.equal(reader.latest()?.facts, facts);
});

test('one worker reads again and again, and can be stopped in the middle of a reading', patience, async () => {
  const reader = openHostFacts({ folder: tmpdir(), clock: systemClock, log, timeoutMs: 30_000 });
  for (let reading = 0; reading < 3; reading++) assert.ok(await reader.read());
  const last = reader.read();
  await reader.stop();
  assert.equal(await last, undefined);
});

test('a reading that hangs is given up, and the next one has a worker of its own', patience, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-facts-'));
  t.after(() => rm(folder, { recursive: true }));
  const script = join(folder, 'worker.mjs');
  // Hangs the first time, and answers once there is a file that says so.
  await writeFile(
    script,
    `import { existsSync } from 'node:fs';
     import { parentPort, workerData } from 'node:worker_threads';
     parentPort.on('message', () => existsSync(workerData + '/mended') && parentPort.postMessage({ uptimeS: 1 }));`,
  );
  const clock = new VirtualClock();
  const reader = openHostFacts({ folder, clock, log, timeoutMs: 20_000, worker: pathToFileURL(script) });
  t.after(() => reader.stop());
  const hanging = reader.read();
  await clock.advance(20_000);
  assert.equal(await hanging, undefined);
  assert.equal(reader.latest(), undefined);
  await writeFile(join(folder, 'mended'), '');
  assert.equal((await reader.read())?.uptimeS, 1);
});
