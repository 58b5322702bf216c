import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdapterError } from '#adapters/errors.ts';
import type { Table } from '#adapters/modbus/frames.ts';
import { createInstrument } from '#adapters/modbus/instrument.ts';
import { createOutlets } from '#adapters/modbus/outlets.ts';
import { formatReadout } from '#agent/cli/read/render.ts';
import { openShelf } from '#agent/config/maps.ts';
import { easyWire, noWrites } from '#test/support/easy-wire.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { readout } from './readout.ts';

const { maps } = await openShelf('/nonexistent', ['netio-powerpdu', 'comwintop-8pt', 'pzem-016']);

/** A unit that answers with these words, by table and address; it refuses what it does not have. */
async function read(model: string, words: Record<string, number>) {
  const map = maps.get(model) ?? assert.fail(model);
  const clock = new VirtualClock();
  const bus = {
    ...easyWire,
    ...noWrites,
    read: async (_unit: number, table: Table, address: number, count: number) => {
      const values = Array.from({ length: count }, (_, i) => words[`${table} ${address + i}`]);
      if (values.includes(undefined)) throw new AdapterError('unsupported', 'no such register', { code: 2 });
      return { values: values.map(Number), mono: clock.monotonic() - 1500 };
    },
  };
  const instrument = createInstrument({ id: 'x', bus, unit: 1, map });
  const outlets = map.outlets && { ...map.outlets, count: 1 };
  const switched = outlets && createOutlets({ id: 'x', bus, unit: 1, map, outlets, clock });
  return readout({ instrument, ...(switched && { outlets: switched }) }, clock);
}

test('each point is told with its registers, its value, its age, or why it has none', async () => {
  const words = {
    'input 0': 5002,
    'input 1': 2304,
    'input 2': 2000,
    'input 200': 1234,
    'coil 101': 1,
    'input 201': 800,
  };
  const lines = await read('netio-powerpdu', words);
  const told = lines.map(({ point, register, raw, value, unit, trouble }) => [
    point,
    register,
    raw,
    value,
    unit,
    trouble,
  ]);
  assert.deepEqual(told, [
    ['frequency_hz', 'input 0', '138A', 50.02, 'Hz', null],
    ['voltage_v', 'input 1', '0900', 230.4, 'V', null],
    ['power_factor', 'input 2', '07D0', null, '', '2 is not between 0 and 1.01'],
    ['current_a', 'input 100', null, null, 'A', 'no such register'],
    ['power_w', 'input 200', '04D2', 1234, 'W', null],
    ['energy_import_wh', 'input 300', null, null, 'Wh', 'no such register'],
    ['1/on', 'coil 101', '1', 1, '', null],
    ['1/current_a', 'input 101', null, null, 'A', 'no such register'],
    ['1/power_w', 'input 201', '0320', 800, 'W', null],
  ]);
  assert.equal(lines[0]?.age_ms, 1500);
});

test('the table fits into 80 columns, and a float says no more than it knows', async () => {
  const line = { register: 'input 6', unit: 'A', age_ms: 120, trouble: null };
  const text = formatReadout(
    [
      { ...line, point: 'current_l1_a', raw: '409A E1D5', value: 4.840067386627197 },
      { ...line, point: 'energy_import_wh', raw: '0000 001C BE99 1A14', value: 123456789012, unit: 'Wh' },
      { ...line, point: 'power_w', raw: null, value: null, trouble: 'x'.repeat(100), age_ms: null },
    ],
    { width: 80, tint: (_tint, each) => each },
  );
  const [, first, second, third] = text.split('\n');
  assert.match(first ?? '', /4\.840067 A$/);
  assert.match(second ?? '', /0000 001C BE99 1A14 +0\.1 s +123456789012 Wh$/);
  assert.equal(third?.length, 80);
});
