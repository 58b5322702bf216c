import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { easyWire } from '#test/support/easy-wire.ts';
import { AdapterError, Preempted } from '../errors.ts';
import type { BusReading } from './bus.ts';
import type { Table } from './frames.ts';
import { createInstrument } from './instrument.ts';
import { parseRegisterMap } from './register-map.ts';
import { rtuFraming } from './rtu.ts';

const map = parseRegisterMap(
  JSON.stringify({
    id: 'acme-m1',
    vendor: 'Acme',
    model: 'M1',
    source: ['Acme, M1 manual, page 7'],
    unverified: 'not compared with a meter',
    wire: { kinds: ['rtu'] },
    hole_max: 4,
    points: [
      register('power_w', 0, 'W', 'fast'),
      { ...register('frequency_hz', 2, 'Hz', 'fast'), scale: 0.01, safe_range: [40, 70], resolution: 0.01 },
      { ...register('temperature_c', 3, 'C', 'fast'), sentinels: ['0xFFFF'] },
      register('energy_import_wh', 7, 'kWh', 'slow'),
      register('current_a', 40, 'A', 'normal'),
      register('voltage_v', 80, 'V', 'normal'),
    ],
  }),
  'm1.json',
);

function register(key: string, address: number, unit: string, pollClass: string) {
  return { key, table: 'input', address, type: 'u16', unit, safe_range: [0, 20000], poll_class: pollClass };
}

type Read = (address: number, count: number) => number[];

/** A meter on a bus that hears only whole requests. */
function meter(answer: Read) {
  const asked: string[] = [];
  const been = { away: 0 };
  const bus = {
    ...easyWire,
    recoveriesOf: () => been.away,
    read: async (unit: number, table: Table, address: number, count: number): Promise<BusReading> => {
      asked.push(`${unit}:${table} ${address}+${count}`);
      return { values: answer(address, count), mono: 1000 + asked.length };
    },
  };
  return { asked, been, instrument: createInstrument({ id: 'feed', bus, unit: 7, map }) };
}

const registers: Record<number, number> = { 0: 1500, 2: 4998, 3: 21, 7: 12, 40: 6, 80: 230 };
const healthy: Read = (address, count) => Array.from({ length: count }, (_, index) => registers[address + index] ?? 0);

/** Firmware that does not have these registers, and says so to any request that touches them. */
function without(...missing: number[]): Read {
  return (address, count) => {
    if (missing.some((at) => at >= address && at < address + count)) throw refusal;
    return healthy(address, count);
  };
}

const refusal = new AdapterError('unsupported', 'illegal data address', { code: 2 });

test('a look at the fast points is one request, each value with its raw registers and its time', async () => {
  const { asked, instrument } = meter(healthy);
  assert.deepEqual(await instrument.read(['fast']), {
    points: {
      power_w: { kind: 'value', value: 1500, raw: [1500], mono: 1001 },
      frequency_hz: { kind: 'value', value: 49.98, raw: [4998], mono: 1001 },
      temperature_c: { kind: 'value', value: 21, raw: [21], mono: 1001 },
    },
  });
  assert.deepEqual(asked, ['7:input 0+4']);
});

test('classes asked for together share requests', async () => {
  const { asked, instrument } = meter(healthy);
  const { points } = await instrument.read(['fast', 'slow']);
  assert.deepEqual(asked, ['7:input 0+8']);
  assert.deepEqual(points.energy_import_wh, { kind: 'value', value: 12000, raw: [12], mono: 1001 });
});

test('a point without a value or with an impossible one does not spoil the others', async () => {
  const { instrument } = meter(() => [1500, 0, 7100, 0xffff]);
  assert.deepEqual((await instrument.read(['fast'])).points, {
    power_w: { kind: 'value', value: 1500, raw: [1500], mono: 1001 },
    frequency_hz: { kind: 'implausible', detail: '71 is not between 40 and 70', raw: [7100], mono: 1001 },
    temperature_c: { kind: 'absent', raw: [0xffff], mono: 1001 },
  });
});

test('a register that this firmware lacks is found and costs the others nothing from then on', async () => {
  const { asked, instrument } = meter(without(2));
  const first = await instrument.read(['fast']);
  assert.deepEqual(kindsOf(first.points), { power_w: 'value', frequency_hz: 'failed', temperature_c: 'value' });
  asked.length = 0;
  const second = await instrument.read(['fast']);
  assert.deepEqual(kindsOf(second.points), { power_w: 'value', frequency_hz: 'failed', temperature_c: 'value' });
  assert.deepEqual(asked, ['7:input 0+1', '7:input 3+1']);
});

test('a hole that cannot be read over is left out from then on', async () => {
  const { asked, instrument } = meter(without(1));
  await instrument.read(['fast']);
  asked.length = 0;
  const { points } = await instrument.read(['fast']);
  assert.deepEqual(kindsOf(points), { power_w: 'value', frequency_hz: 'value', temperature_c: 'value' });
  assert.equal(asked[0], '7:input 0+1');
});

test('a register that was refused is asked for again once the device has been away', async () => {
  let old = true;
  const { asked, been, instrument } = meter((address, count) => (old ? without(2) : healthy)(address, count));
  await instrument.read(['fast']);
  old = false;
  assert.equal((await instrument.read(['fast'])).points.frequency_hz?.kind, 'failed');
  been.away += 1;
  asked.length = 0;
  assert.equal((await instrument.read(['fast'])).points.frequency_hz?.kind, 'value');
  assert.deepEqual(asked, ['7:input 0+4'], 'in one request again');
});

test('a register that was refused in a moment that nobody saw is not lost for good', async () => {
  let booting = true;
  const { instrument } = meter((address, count) => (booting ? without(0) : healthy)(address, count));
  await instrument.read(['fast']);
  booting = false;
  const kinds = [];
  for (let look = 2; look <= 1000; look++) kinds.push((await instrument.read(['fast'])).points.power_w?.kind);
  assert.deepEqual([kinds[0], kinds.at(-2), kinds.at(-1)], ['failed', 'failed', 'value']);
});

test('a device that refuses every hole is read without any, at the cost of one refusal for each block', async () => {
  const wanted = new Set(Object.keys(registers).map(Number));
  const { asked, instrument } = meter((address, count) => {
    if (Array.from({ length: count }, (_, index) => address + index).some((at) => !wanted.has(at))) throw refusal;
    return healthy(address, count);
  });
  const { points } = await instrument.read(['fast', 'slow']);
  assert.deepEqual(new Set(Object.values(kindsOf(points))), new Set(['value']));
  assert.deepEqual(asked, ['7:input 0+8', '7:input 0+1', '7:input 2+2', '7:input 7+1']);
});

test('a device that is busy is not taken for one without the registers', async () => {
  let busy = true;
  const { asked, instrument } = meter((address, count) => {
    if (busy) throw new AdapterError('refused', 'server device busy', { code: 6 });
    return healthy(address, count);
  });
  const { points } = await instrument.read(['fast']);
  assert.deepEqual(kindsOf(points), { power_w: 'failed', frequency_hz: 'failed', temperature_c: 'failed' });
  busy = false;
  await instrument.read(['fast']);
  assert.deepEqual(asked, ['7:input 0+4', '7:input 0+4']);
});

test('a unit that does not answer is asked once a look, not once a block', async () => {
  const late = new AdapterError('timedOut', 'no answer');
  const { asked, instrument } = meter(() => {
    throw late;
  });
  const { points } = await instrument.read(['normal']);
  assert.deepEqual(points, { current_a: { kind: 'failed', error: late }, voltage_v: { kind: 'failed', error: late } });
  assert.deepEqual(asked, ['7:input 40+1']);
});

test('one malformed block leaves the next its chance', async () => {
  const { instrument } = meter((address, count) => {
    if (address === 40) throw new AdapterError('malformed', 'wrong length');
    return healthy(address, count);
  });
  assert.deepEqual(kindsOf((await instrument.read(['normal'])).points), { current_a: 'failed', voltage_v: 'value' });
});

test('a look that a control preempted is no reading at all', async () => {
  const { instrument } = meter(() => {
    throw new Preempted('a control that lowers power');
  });
  await assert.rejects(instrument.read(['fast']), { name: 'Preempted' });
});

test('an SDM630 at 9600 baud is read over short holes and not over the long one, and its fast points apart', async () => {
  const text = readFileSync(new URL('maps/eastron-sdm630.json', import.meta.url), 'utf8');
  const asked: string[] = [];
  const bus = {
    ...easyWire,
    costOf: () => ({ ...rtuFraming(9600).wire, budgetMs: 160 }),
    read: async (_unit: number, table: Table, address: number, count: number): Promise<BusReading> => {
      asked.push(`${table} ${address}+${count}`);
      return { values: Array<number>(count).fill(0), mono: 0 };
    },
  };
  const sdm630 = createInstrument({ id: 'feed', bus, unit: 1, map: parseRegisterMap(text, 'eastron-sdm630.json') });
  await sdm630.read(['fast', 'normal', 'slow']);
  const { points } = await sdm630.read(['fast']);
  assert.deepEqual(asked, ['input 0+18', 'input 30+46', 'input 42+12', 'input 70+2']);
  assert.deepEqual(Object.keys(points), ['voltage_v', 'power_w', 'frequency_hz']);
});

function kindsOf(points: Record<string, { kind: string }>): Record<string, string> {
  return Object.fromEntries(Object.entries(points).map(([key, { kind }]) => [key, kind]));
}
