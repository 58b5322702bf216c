/** The adapter that docs/adding-hardware.md shows: it is what the page prints, and it steers a simulated miner. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AdapterError } from '#adapters/errors.ts';
import { createRack } from '#test/simulator/rack.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { acme, readingOf } from './acme.ts';

test('the page prints the adapter as it is, but for where it imports from', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/adding-hardware.md'), 'utf8');
  const [, shown] = /```ts\n(.*?)```/s.exec(page) ?? [];
  const code = readFileSync(join(import.meta.dirname, 'acme.ts'), 'utf8');
  assert.equal(shown, code.replaceAll("'#adapters/asic/", "'./").replaceAll("'#adapters/", "'../"));
});

test('it identifies, reads, puts to sleep and wakes', async () => {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'a1', kind: 'axeos' }] });
  const [miner] = rack.miners;
  assert.ok(miner);
  const { host, port } = miner.spec;
  const silent = () => {};
  const device = acme.open(
    { host, port },
    {
      id: 'a1',
      clock,
      log: { debug: silent, info: silent, warn: silent },
      connect: (to, at, signal) => rack.connect(to, at, signal),
      secret: () => Promise.reject(new Error('it has none')),
    },
  );
  const done = async <T>(work: Promise<T> | undefined): Promise<T> => {
    await clock.advance(1000);
    return (await work) as T;
  };
  device.start();
  const { make, mac } = await done(device.identify());
  assert.deepEqual([make, mac], ['Acme', miner.spec.mac.toLowerCase()]);
  assert.deepEqual((await done(device.read())).asleep, false);
  await done(device.controls.sleep?.run());
  await clock.advance(20_000);
  const resting = await done(device.read());
  assert.deepEqual([resting.asleep, Math.round(resting.powerW ?? 0)], [true, 3]);
  await done(device.controls.wake?.run());
  assert.equal((await done(device.read())).asleep, false);
  await device.stop();
});

test('what it does not say is absent, and what makes no sense is an error that names the field', () => {
  assert.deepEqual(readingOf({ power: null }), { faults: [] });
  assert.throws(
    () => readingOf({ power: [17] }),
    (error: AdapterError) => error.kind === 'malformed' && error.message.includes('"power"'),
  );
});
