import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdapterError } from '../errors.ts';
import type { BusReading } from './bus.ts';
import type { Table } from './frames.ts';
import type { Instrument } from './instrument.ts';
import { createInstrument } from './instrument.ts';
import { parseRegisterMap } from './register-map.ts';
import { rtuFraming } from './rtu.ts';

const power = {
  key: 'power_w',
  table: 'holding',
  address: 18,
  type: 's16',
  scale_register: 22,
  unit: 'W',
  sentinels: ['0x8000'],
  safe_range: [-1e6, 1e6],
  poll_class: 'fast',
};
const model = {
  id: 'acme-m1',
  vendor: 'Acme',
  model: 'M1',
  source: ['Acme, M1 manual, page 7'],
  unverified: 'not compared with a meter',
  wire: { kinds: ['tcp'] },
  points: [power],
};
const sunspec = { ...model, base: { kind: 'sunspec', models: [201, 203] } };
const setting = { table: 'holding', address: 0xa000, type: 'u16', one_of: [7], why: 'select application H' };

/** A unit that has these registers, from each address on, and refuses all others. */
class Unit {
  registers = new Map<number, number>();
  readonly asked: string[] = [];
  silent = false;
  recoveries = 0;
  readonly #map: object;
  readonly instrument: Instrument;

  constructor(map: object, blocks: Record<number, readonly number[]>) {
    this.#map = map;
    this.put(blocks);
    const read = async (_unit: number, _table: Table, address: number, count: number): Promise<BusReading> => {
      this.asked.push(`${address}+${count}`);
      if (this.silent) throw new AdapterError('timedOut', 'no answer');
      const values = Array.from({ length: count }, (_, i) => this.registers.get(address + i));
      if (values.includes(undefined)) throw new AdapterError('unsupported', 'illegal data address', { code: 2 });
      return { values: values.map(Number), mono: 0 };
    };
    const bus = {
      read,
      costOf: () => ({ ...rtuFraming(9600).wire, budgetMs: 1000 }),
      recoveriesOf: () => this.recoveries,
    };
    const parsed = parseRegisterMap(JSON.stringify(this.#map), 'm1.json');
    this.instrument = createInstrument({ id: 'feed', bus, unit: 1, map: parsed });
  }

  put(blocks: Record<number, readonly number[]>): void {
    for (const [from, words] of Object.entries(blocks)) {
      for (const [i, word] of words.entries()) this.registers.set(Number(from) + i, word);
    }
  }

  async watts(): Promise<number | string> {
    const { points } = await this.instrument.read(['fast']);
    const found = points.power_w;
    if (found?.kind === 'failed') return found.error.message;
    if (found?.kind === 'implausible') return found.detail;
    return found?.kind === 'value' ? found.value : 'absent';
  }
}

const SUNS = [0x5375, 0x6e53];
const common = [1, 66, ...Array<number>(66).fill(0)];
const inverter = [103, 50, ...Array<number>(50).fill(0)];
/** -1234 x 10 W at 18, its power of ten at 22. */
const meter203 = [203, 105, ...Array<number>(16).fill(0), 0x10000 - 1234, 0, 0, 0, 1, ...Array<number>(84).fill(0)];
const end = [0xffff, 0];

test('a SunSpec model is found by walking the chain, wherever the device lets it begin', async () => {
  for (const from of [40_000, 0, 50_000]) {
    const unit = new Unit(sunspec, { [from]: [...SUNS, ...common, ...inverter, ...meter203, ...end] });
    assert.equal(await unit.watts(), -12_340);
    // Behind the marker, 68 registers of model 1 and 52 of model 103.
    assert.equal(unit.asked.at(-1), `${from + 2 + 68 + 52 + 18}+5`, 'the value and its power of ten in one request');
    unit.asked.length = 0;
    await unit.watts();
    assert.equal(unit.asked.length, 1, 'it is not looked for again');
  }
});

test('a device without the model says which it has', async () => {
  const unit = new Unit(sunspec, { 40000: [...SUNS, ...common, ...inverter, ...end] });
  assert.equal(await unit.watts(), 'unit 1 has no SunSpec model 201, 203, only 1, 103');
});

test('a device that is no SunSpec device is told so, and one that goes on for ever ends the search', async () => {
  assert.equal(await new Unit(sunspec, { 0: [1, 2] }).watts(), 'unit 1 does not speak SunSpec at 40000, 0, 50000');
  const endless = new Unit(sunspec, { 0: [...SUNS, ...Array<number>(65_000).fill(0)] });
  assert.match(String(await endless.watts()), /^unit 1 has no SunSpec model/);
  assert.ok(endless.asked.length < 110, `${endless.asked.length} requests`);
});

test('after a silence the unit is met again: its map may lie elsewhere now', async () => {
  const unit = new Unit(sunspec, { 40000: [...SUNS, ...meter203, ...end] });
  assert.equal(await unit.watts(), -12_340);
  unit.silent = true;
  assert.equal(await unit.watts(), 'no answer');
  unit.silent = false;
  unit.recoveries += 1;
  unit.registers.clear();
  unit.put({ 0: [...SUNS, ...common, ...meter203, ...end] });
  assert.equal(await unit.watts(), -12_340);
});

test('a power of ten that is not implemented is no value, and an absurd one an error', async () => {
  const scaledBy = (power: number) => new Unit(model, { 18: [230, 0, 0, 0, power] });
  assert.equal(await scaledBy(0xfffe).watts(), 2.3);
  assert.equal(await scaledBy(0x8000).watts(), 'absent');
  assert.equal(await scaledBy(17).watts(), 'is scaled by 10^17');
});

test('a power of ten that makes a value coarser than the map says is an error', async () => {
  const fine = { ...model, points: [{ ...power, resolution: 0.1 }] };
  assert.equal(await new Unit(fine, { 18: [230, 0, 0, 0, 0xffff] }).watts(), 23);
  assert.equal(await new Unit(fine, { 18: [230, 0, 0, 0, 1] }).watts(), 'shows steps of 10, not of 0.1');
});

test('where a number that the map requires is another one, nothing is believed', async () => {
  const unit = new Unit({ ...model, requires: [setting] }, { 18: [230, 0, 0, 0, 0], 40960: [3] });
  assert.equal(await unit.watts(), 'acme-m1: holding 40960 is 3, not 7: select application H');
  unit.put({ 40960: [7] });
  assert.equal(await unit.watts(), 230);
});
