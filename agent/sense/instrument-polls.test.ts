import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument, Reading } from '#adapters/modbus/instrument.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { pollersOf } from './instrument-polls.ts';

const value = (number: number, mono: number) => ({ kind: 'value', value: number, raw: [], mono }) as const;

/** A meter whose watts count its looks, and whose energy takes as long to read as the wire is busy. */
function rig(classes: Instrument['classes'], slowMs = 0) {
  const clock = new VirtualClock();
  const reads: string[] = [];
  const heard: Reading['points'][] = [];
  const read = async ([pollClass = 'fast']: readonly Instrument['classes'][number][], signal?: AbortSignal) => {
    reads.push(`${clock.monotonic()} ${pollClass}`);
    if (pollClass !== 'slow') return { points: { power_w: value(reads.length, clock.monotonic()) } };
    await clock.sleep(slowMs, signal);
    return { points: { energy_import_wh: value(77, clock.monotonic()) } };
  };
  const instrument = { id: 'feed', classes, read } as unknown as Instrument;
  const hear = ({ points }: Reading) => heard.push(points);
  const pollers = pollersOf({ id: 'feed', periodMs: 500, instrument }, clock, hear, () => {});
  const run = async (ms: number) => {
    for (const poller of pollers) poller.start();
    await clock.advance(ms);
    await Promise.all(pollers.map((poller) => poller.stop()));
  };
  return { pollers, reads, heard, run };
}

test('fast points keep their period, the others come along every two and ten seconds', async () => {
  const { pollers, reads, run } = rig(['fast', 'normal', 'slow']);
  await run(20_400);
  const times = (pollClass: string) => reads.filter((each) => each.endsWith(pollClass)).length;
  assert.deepEqual([times('fast'), times('normal'), times('slow')], [41, 11, 3]);
  assert.deepEqual(
    pollers.map(({ name }) => name),
    ['feed', 'feed normal', 'feed slow'],
  );
});

test('a slow read that waits for its turn delays no fast one', async () => {
  const { reads, run } = rig(['fast', 'slow'], 5000);
  await run(4900);
  assert.equal(reads.filter((each) => each.endsWith('fast')).length, 10);
});

test('what is read seldom is said with every fast reading, until it is too old', async () => {
  const { heard, run } = rig(['fast', 'slow'], 3000);
  await run(60_000);
  assert.equal(heard[0]?.energy_import_wh, undefined);
  assert.equal(heard[10]?.energy_import_wh?.kind, 'value');
  const stuck = rig(['fast', 'slow'], 35_000);
  await stuck.run(75_000);
  const known = stuck.heard.map(({ energy_import_wh }) => energy_import_wh !== undefined);
  assert.deepEqual([known[80], known[129], known[132]], [true, true, false], 'read after 35 s, forgotten after 65');
});

test('a sensor without fast points is read at its own period', async () => {
  const { pollers, reads, run } = rig(['normal']);
  await run(2400);
  assert.equal(reads.length, 5);
  assert.equal(pollers[0]?.name, 'feed');
});
