import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdapterError, Preempted } from '../errors.ts';
import type { Table } from './frames.ts';
import type { WritePoint } from './register-map.ts';
import { writeChecked } from './write-point.ts';

const limit: WritePoint = {
  table: 'holding',
  address: 40,
  type: 'u16',
  word_order: 'big',
  byte_order: 'big',
  range: [0, 5000],
};
const otherwise = (found: number) => `the limit is ${found}`;
const lost = new AdapterError('timedOut', 'no answer');

/** A unit that keeps what is written, unless `disobeys`; its first answers may be lost. */
function unit({ disobeys = false, losesWrites = 0, preempts = 0 } = {}) {
  const asked: string[] = [];
  const held = new Map<string, number>();
  const took = (table: Table, address: number, words: readonly number[]) => {
    asked.push(`${words.length} to ${table} ${address}`);
    if (!disobeys) for (const [index, word] of words.entries()) held.set(`${table} ${address + index}`, word);
    if (losesWrites-- > 0) throw lost;
  };
  const bus = {
    writeCoil: async (_unit: number, address: number, on: boolean) => took('coil', address, [on ? 1 : 0]),
    writeRegister: async (_unit: number, address: number, word: number) => took('holding', address, [word]),
    writeRegisters: async (_unit: number, address: number, words: readonly number[]) => took('holding', address, words),
    read: async (_unit: number, table: Table, address: number, count: number) => {
      asked.push(`${count} from ${table} ${address}`);
      if (preempts-- > 0) throw new Preempted('a control');
      return { values: Array.from({ length: count }, (_, i) => held.get(`${table} ${address + i}`) ?? 0), mono: 0 };
    },
  };
  const write = (value: number, point: WritePoint = limit) =>
    writeChecked({ bus, unit: 7 }, point, { value, urgency: 'lower' }, otherwise);
  return { asked, held, write };
}

test('a number in a holding register is written and read back', async () => {
  const { asked, held, write } = unit();
  await write(3400);
  assert.deepEqual(asked, ['1 to holding 40', '1 from holding 40']);
  assert.equal(held.get('holding 40'), 3400);
});

test('a number of two registers is written in one request, in the order that the map says', async () => {
  const { asked, held, write } = unit();
  await write(70_000, { ...limit, type: 's32', word_order: 'little', range: [-70_000, 70_000] });
  assert.deepEqual(asked, ['2 to holding 40', '2 from holding 40']);
  assert.deepEqual([held.get('holding 40'), held.get('holding 41')], [70_000 - 65_536, 1]);
});

test('a switch in a register is a write point as one in a coil is', async () => {
  const { asked, write } = unit();
  await write(1, { ...limit, range: [0, 1] });
  await write(1, { ...limit, table: 'coil', type: 'bit', range: [0, 1] });
  assert.deepEqual(asked, ['1 to holding 40', '1 from holding 40', '1 to coil 40', '1 from coil 40']);
});

test('what became of it is looked for where the map says', async () => {
  const { asked, held, write } = unit();
  const point: WritePoint = { ...limit, read_back: { table: 'input', address: 96 } };
  await assert.rejects(write(3400, point), { kind: 'refused', message: 'the limit is 0' });
  held.set('input 96', 3400);
  await write(3400, point);
  assert.deepEqual(asked.slice(2), ['1 to holding 40', '1 from input 96']);
});

test('a number that is acknowledged and does not stand there is refused', async () => {
  await assert.rejects(unit({ disobeys: true }).write(3400), { kind: 'refused', message: 'the limit is 0' });
});

test('a lost acknowledgement is made good by what stands there, and counts where it does not', async () => {
  await unit({ losesWrites: 1 }).write(3400);
  await assert.rejects(unit({ losesWrites: 1, disobeys: true }).write(3400), lost);
});

test('a look that a control cut short is taken again, the number is not written twice', async () => {
  const { asked, write } = unit({ preempts: 1 });
  await write(3400);
  assert.deepEqual(asked, ['1 to holding 40', '1 from holding 40', '1 from holding 40']);
});

test('a number outside its range never goes out', async () => {
  const { asked, write } = unit();
  for (const value of [-1, 5001, Number.NaN]) await assert.rejects(write(value), RangeError);
  assert.deepEqual(asked, []);
});
