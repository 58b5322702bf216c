/**
 * Every shipped map against transcripts: registers as the vendor's table fills them, worked out from that table and not
 * from the map, and what must be read from them. A unit of the test has these registers alone and refuses all others.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as z from 'zod';
import { easyWire, noWrites } from '#test/support/easy-wire.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { AdapterError } from '../errors.ts';
import type { BusReading } from './bus.ts';
import type { Table } from './frames.ts';
import type { Reading } from './instrument.ts';
import { createInstrument } from './instrument.ts';
import { createOutlets } from './outlets.ts';
import type { RegisterMap } from './register-map.ts';
import { parseRegisterMap, pollClasses } from './register-map.ts';
import { channelOf } from './repeats.ts';

const folder = new URL('maps/', import.meta.url);
const transcripts = new URL('transcripts/', import.meta.url);
const ids = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

/** A value in the key's unit, or why there is none. */
const outcome = z.union([z.number(), z.enum(['absent', 'implausible'])]);
const transcript = z.strictObject({
  /** What is special about it. */
  how: z.string(),
  channel: z.int().exactOptional(),
  outlet_count: z.int().exactOptional(),
  /** Every point fails, saying this. */
  error: z.string().exactOptional(),
  /** By table and first address: words in hex, bits as 0 and 1. */
  registers: z.record(z.string(), z.string()),
  reads: z.record(z.string(), outcome),
  outlets: z.record(z.string(), z.record(z.string(), outcome)).default({}),
});
type Transcript = z.infer<typeof transcript>;

const replayed = new Map<string, number>();

for (const id of ids) {
  test(`the shipped map ${id} is sound, named after its file, and reads its transcripts`, async () => {
    const map = parseRegisterMap(readFileSync(new URL(`${id}.json`, folder), 'utf8'), `${id}.json`);
    assert.equal(map.id, id);
    const cases = z
      .array(transcript)
      .min(1)
      .parse(JSON.parse(readFileSync(new URL(`${id}.json`, transcripts), 'utf8')));
    for (const each of cases) await replay(map, each);
    replayed.set(id, cases.length);
  });
}

test('every shipped map was replayed, and they are as many as are promised', (t) => {
  const count = [...replayed.values()].reduce((sum, each) => sum + each, 0);
  t.diagnostic(`${replayed.size} maps replayed, ${count} transcripts`);
  assert.deepEqual([...replayed.keys()], ids);
  assert.ok(replayed.size >= 28, `${replayed.size} maps`);
});

async function replay(whole: RegisterMap, { how, ...said }: Transcript): Promise<void> {
  const map = said.channel === undefined ? whole : channelOf(whole, said.channel);
  const bus = { ...easyWire, ...noWrites, read: readerOf(said.registers) };
  const { points } = await createInstrument({ id: map.id, bus, unit: 1, map }).read(pollClasses);
  if (said.error !== undefined) {
    for (const point of Object.values(points)) {
      assert.ok(
        point.kind === 'failed' && point.error.message.includes(said.error),
        `${how}: ${JSON.stringify(point)}`,
      );
    }
    return;
  }
  assert.deepEqual(seenIn(points), said.reads, `${map.id}: ${how}`);
  if (!map.outlets) return;
  const outlets = { ...map.outlets, count: said.outlet_count ?? map.outlets.count };
  const each = createOutlets({ id: map.id, bus, unit: 1, map, outlets, clock: new VirtualClock() });
  const seen = (await each.read(pollClasses)).map(({ outlet, points: own }) => [String(outlet), seenIn(own)]);
  assert.deepEqual(Object.fromEntries(seen), said.outlets, `${map.id}: outlets, ${how}`);
}

function seenIn(points: Reading['points']): Record<string, number | string> {
  const told = Object.entries(points).map(([key, point]) => {
    if (point.kind === 'failed') return [key, point.error.message];
    return [key, point.kind === 'value' ? point.value : point.kind];
  });
  return Object.fromEntries(told);
}

/** A unit that refuses what it does not have. */
function readerOf(registers: Transcript['registers']) {
  const words = new Map<string, number>();
  for (const [from, text] of Object.entries(registers)) {
    const [table = '', first] = from.split(' ');
    const radix = table === 'coil' || table === 'discrete' ? 2 : 16;
    for (const [i, word] of text.split(' ').entries())
      words.set(`${table} ${Number(first) + i}`, parseInt(word, radix));
  }
  return async (_unit: number, table: Table, address: number, count: number): Promise<BusReading> => {
    const values = Array.from({ length: count }, (_, i) => words.get(`${table} ${address + i}`));
    if (values.includes(undefined)) throw new AdapterError('unsupported', `${table} ${address}+${count}`, { code: 2 });
    return { values: values.map(Number), mono: 0 };
  };
}
