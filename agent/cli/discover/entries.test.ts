import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BusConfig } from '#agent/config/config.ts';
import { readConfig } from '#agent/config/load.ts';
import type { Candidate } from '#agent/technician/recognise.ts';
import { networkBus, serialBus } from '../wire-options.ts';
import type { Nature } from './entries.ts';
import { configEntries } from './entries.ts';
import { parseUnits } from './units.ts';

const line: BusConfig = {
  ...serialBus({ port: '/dev/serial/by-id/usb-FTDI-1', baud: 19_200, parity: 'even' }),
  id: 'rtu1',
};
const host: BusConfig = { ...networkBus('tcp', '10.0.0.5'), id: 'net1' };

const natures: Record<string, Nature> = {
  'eastron-sdm630': { hasOutlets: false, channels: undefined, keys: ['power_w', 'frequency_hz'] },
  'comwintop-8pt': { hasOutlets: false, channels: 8, keys: ['temperature_c'] },
  'ocp-orv3-rpu': { hasOutlets: false, channels: undefined, keys: ['leak', 'flow_lpm', 'coolant_in_c', 'power_w'] },
  'gude-expert-power-control': { hasOutlets: true, channels: undefined, keys: ['power_w'] },
};
const natureOf = (model: string) => natures[model] ?? assert.fail(model);

function candidate(model: string, values: Candidate['values'] = {}, by: Candidate['by'] = 'plausible'): Candidate {
  return { model, by, telling: 1, values };
}

const found = [
  {
    bus: line,
    isKnown: false,
    units: [
      {
        unit: 1,
        candidates: [
          candidate('eastron-sdm630', { power_w: 4883.254, frequency_hz: 59.98 }),
          candidate('comwintop-8pt'),
        ],
      },
      { unit: 4, candidates: [candidate('comwintop-8pt', { temperature_c: 23.5 })] },
      { unit: 12, candidates: [candidate('ocp-orv3-rpu', { flow_lpm: 38.5 })] },
      { unit: 20, candidates: [] },
    ],
  },
  {
    bus: host,
    isKnown: false,
    units: [{ unit: 1, candidates: [candidate('gude-expert-power-control', {}, 'marked')] }],
  },
];

test('what was found is a config to paste, with what was read behind each entry', () => {
  assert.equal(
    configEntries(found, natureOf),
    `buses:
  - {id: rtu1, kind: rtu, port: /dev/serial/by-id/usb-FTDI-1, baud: 19200, parity: even}
  - {id: net1, kind: tcp, host: 10.0.0.5, port: 502}
meters:
  - {id: rtu1-1, bus: rtu1, unit: 1, model: eastron-sdm630, role: feed}
  #   power_w 4883.3, frequency_hz 59.98
  #   or comwintop-8pt
sensors:
  - {id: rtu1-4, bus: rtu1, unit: 4, model: comwintop-8pt, channel: 1, role: inlet}
  #   temperature_c 23.5
  #   it has channels 1 to 8
  - {id: rtu1-12, bus: rtu1, unit: 12, model: ocp-orv3-rpu, role: coolant}
  #   flow_lpm 38.5
pdus:
  - {id: net1-1, bus: net1, unit: 1, model: gude-expert-power-control}
  #   shows its model number
# unit 20 on rtu1 answers, but as no known model would`,
  );
});

test('the config takes it as it is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-discover-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, `site: tx1\nrack: r07\nbroker: {urls: [mqtt://b]}\n${configEntries(found, natureOf)}\n`);
  const read = await readConfig(file);
  assert.equal(read.kind, 'ok', JSON.stringify(read));
});

test('a bus that the config has already is not written again', () => {
  const known = found.map((wire) => ({ ...wire, isKnown: true }));
  assert.doesNotMatch(configEntries(known, natureOf), /buses:/);
});

test('units are written as a list of numbers and ranges', () => {
  assert.deepEqual(parseUnits('1-3, 7,247'), [1, 2, 3, 7, 247]);
  assert.deepEqual(parseUnits('2,1-3'), [2, 1, 3]);
  for (const wrong of ['', 'x', '3-1', '256', '1-', '1-2-3']) {
    assert.throws(() => parseUnits(wrong), { name: 'Failure', exitCode: 2 }, wrong);
  }
});
