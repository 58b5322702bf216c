import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import { HostFactsReader } from '#agent/platform/host-facts.ts';

test('memory, load and disk of this machine are read', async () => {
  const reader = new HostFactsReader({ folder: tmpdir(), sysfs: '/sys', clock: systemClock });
  assert.equal(reader.latest, undefined);
  const facts = await reader.read();
  assert.ok(facts);
  assert.equal(reader.latest, facts);
  const { memoryAvailableBytes, diskFreeBytes = -1, loadPercent = -1, cpuC } = facts;
  assert.ok(memoryAvailableBytes > 0);
  assert.ok(diskFreeBytes >= 0);
  assert.ok(loadPercent >= 0 && loadPercent <= 100);
  assert.ok(cpuC === undefined || (cpuC > 0 && cpuC < 150));
});

test('a processor is as hot as the hottest of its sensors, and other chips do not count', async (t) => {
  const sysfs = await sysfsWith(t, {
    hwmon0: { name: 'nvme\n', temp1_input: '71000\n' },
    hwmon1: { name: 'coretemp\n', temp1_input: '48000\n', temp2_input: '51500\n', temp2_max: '100000\n' },
    hwmon2: { name: 'cpu_thermal\n', temp1_input: '\n' },
  });
  const reader = new HostFactsReader({ folder: tmpdir(), sysfs, clock: systemClock });
  const facts = await reader.read();
  assert.equal(facts?.cpuC, 51.5);
});

test('a machine that tells no temperature, and a folder that is gone, leave the rest', async () => {
  const reader = new HostFactsReader({ folder: '/nowhere', sysfs: '/nowhere', clock: systemClock });
  const facts = await reader.read();
  assert.ok(facts);
  assert.ok(facts.memoryAvailableBytes > 0);
  assert.deepEqual([facts.cpuC, facts.diskFreeBytes], [undefined, undefined]);
});

test('while a reading hangs nothing old is told, and when it ends all is well again', async (t) => {
  const sysfs = await sysfsWith(t, { hwmon0: { name: 'k10temp\n' } });
  const reader = new HostFactsReader({ folder: tmpdir(), sysfs, clock: systemClock });
  assert.ok(await reader.read());
  // Who opens a pipe to read waits until somebody opens it to write.
  const pipe = join(sysfs, 'class/hwmon/hwmon0/temp1_input');
  execFileSync('mkfifo', [pipe]);
  const hanging = reader.read();
  assert.equal(await reader.read(), undefined);
  assert.equal(reader.latest, undefined);
  await writeFile(pipe, '40000\n');
  assert.equal((await hanging)?.cpuC, 40);
});

async function sysfsWith(t: TestContext, chips: Record<string, Record<string, string>>): Promise<string> {
  const sysfs = await mkdtemp(join(tmpdir(), 'ballast-sysfs-'));
  t.after(() => rm(sysfs, { recursive: true }));
  for (const [chip, files] of Object.entries(chips)) {
    const folder = join(sysfs, 'class/hwmon', chip);
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  }
  return sysfs;
}
