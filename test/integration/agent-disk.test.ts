/** What becomes of an event when the disk fails beside it, and the agent is killed on top of that. */
import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Disk } from './support/disk.ts';
import { mountDisk, needsMounts } from './support/disk.ts';
import { assertEndedWell, CUT, finishEvent, openSteadySite } from './support/event.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';
import type { Site } from './support/site.ts';

const { skip } = needs('mosquitto', 'mosquitto');
const options = { skip: skip || needsMounts().skip, timeout: 60_000 };

const ALARM = 'disk-journal';

test('an agent killed on a full disk finishes an event that it could not write down', options, async (t) => {
  const { site, disk } = await siteOnDisk(t);
  const { watcher, issuer } = site;
  const agent = await site.startReady();
  await disk.fill();
  const alarm = watcher.next('alarm', ({ alarm }) => alarm === ALARM);
  const cut = await issuer.order(CUT);
  assert.match((await alarm).message, /the journal is not recorded: .* no space left on the disk/);
  await watcher.phase(cut, 'holding');
  await agent.kill();

  await finishEvent(site, cut);
  assertEndedWell(site);
  const cleared = watcher.cleared(ALARM);
  await disk.free();
  await cleared;
});

test('an agent killed in an event finishes it though its disk has become read-only', options, async (t) => {
  const { site, disk } = await siteOnDisk(t);
  const { watcher, issuer } = site;
  const agent = await site.startReady();
  const cut = await issuer.order(CUT);
  await watcher.phase(cut, 'holding');
  await agent.kill();

  disk.mount('ro');
  const alarm = watcher.next('alarm', ({ alarm }) => alarm === ALARM);
  await finishEvent(site, cut);
  assert.match((await alarm).message, /the journal is not recorded: .* read-only disk/);
  assertEndedWell(site);
  const cleared = watcher.cleared(ALARM);
  disk.mount('rw');
  await cleared;
});

/** A site whose agent keeps its state on a disk of its own. */
async function siteOnDisk(t: TestContext): Promise<{ site: Site; disk: Disk }> {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const site = await openSteadySite(t, broker.url);
  const disk = await mountDisk(t);
  await symlink(disk.path, join(site.files.folder, 'state'));
  return { site, disk };
}
