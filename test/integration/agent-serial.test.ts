/** A meter behind a USB adapter that is pulled out in the middle of an event. */
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPty } from '#test/support/pty.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';
import { LINE, openSite } from './support/site.ts';

const options = { ...needs('mosquitto', 'mosquitto'), timeout: 60_000 };

test(
  'an adapter pulled out in mid-event raises an alarm that clears itself, and moves no miner',
  options,
  async (t) => {
    const broker = await startMosquitto();
    t.after(() => broker.remove());
    const folder = await mkdtemp(join(tmpdir(), 'ballast-serial-'));
    const byId = join(folder, 'usb-adapter');
    const site = await openSite(t, { url: broker.url, serialPort: byId });
    const { watcher, issuer, rack } = site;
    t.after(() => rm(folder, { recursive: true }));
    // As udev does: the same name for whichever terminal the adapter has become.
    const plugIn = async () => {
      const adapter = openPty();
      t.after(() => adapter.unplug());
      rack.attachSerial(LINE, adapter.master);
      await symlink(adapter.path, `${byId}.new`);
      await rename(`${byId}.new`, byId);
      return adapter;
    };
    const adapter = await plugIn();
    await site.startReady();
    const order = await issuer.order({ kind: 'ceiling', fraction: 0.4 });
    await watcher.phase(order, 'holding');
    const writes = site.writes();

    const alarm = watcher.next('alarm', (raised) => raised.alarm === 'meter-feed');
    await adapter.unplug();
    assert.match((await alarm).message, /meter feed is silent/);
    const cleared = watcher.cleared('meter-feed');
    await plugIn();
    await cleared;
    assert.deepEqual(site.writes(), writes);

    const release = await issuer.order({ kind: 'release' });
    await watcher.phase(release, 'restored');
    assert.deepEqual(site.asleep(), []);
  },
);
