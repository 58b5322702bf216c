/** A rack that holds a session to each of two brokers which know nothing of each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openIssuer } from './support/issuer.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';
import { openSite } from './support/site.ts';
import { openWatcher } from './support/watcher.ts';

const options = { ...needs('mosquitto', 'mosquitto'), timeout: 90_000 };

test(
  'an order given on one of two brokers is told on both, counts once, and outlives that broker',
  options,
  async (t) => {
    const [first, second] = [await startMosquitto(), await startMosquitto()];
    t.after(() => Promise.all([first.remove(), second.remove()]));
    const site = await openSite(t, { url: first.url, agentUrls: [first.url, second.url] });
    const watcher = await openWatcher(second.url, 5);
    const issuer = await openIssuer(second.url, 5, site.files.folder);
    t.after(() => Promise.all([watcher.stop(), issuer.stop()]));
    await site.startReady();

    const order = await site.issuer.order({ kind: 'ceiling', fraction: 0.4 });
    await Promise.all([site.watcher.phase(order, 'holding'), watcher.phase(order, 'holding')]);
    assert.deepEqual(watcher.phases(order), site.watcher.phases(order));
    const writes = site.writes();
    assert.deepEqual(site.asleep(), ['m03', 'm04']);

    const repeats = [site.watcher, watcher].map((each) => each.next('ack', ({ id }) => id === order.id));
    await issuer.publish(order);
    assert.deepEqual(
      (await Promise.all(repeats)).map(({ result }) => result),
      ['repeat', 'repeat'],
    );

    const alarm = watcher.next('alarm', (raised) => raised.alarm === 'broker-1');
    await first.stop();
    await alarm;
    assert.deepEqual(site.writes(), writes);

    const release = await issuer.order({ kind: 'release' }, { seq: order.seq + 1 });
    await watcher.phase(release, 'restored');
    assert.deepEqual(site.asleep(), []);
    const cleared = watcher.cleared('broker-1');
    await first.start();
    await cleared;
  },
);
