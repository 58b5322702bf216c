import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import type { Device } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { amdgpu } from './amdgpu.ts';

const CARD = 'bus/pci/devices/0000:03:00.0';

test('a card is read in watts, degrees and bytes from the kernel’s files', async () => {
  const { device } = await warm();
  const { powerW, limit, chipMaxC, gpu } = await device.read();
  assert.deepEqual({ powerW, limit, chipMaxC }, { powerW: 182, limit: 300, chipMaxC: 71 });
  assert.deepEqual(gpu, {
    utilisation: 0.42,
    memoryUsedBytes: 8e9,
    memoryTotalBytes: 17e9,
    clockMhz: 2100,
    throttledBy: [],
  });
});

test('older cards have only an average or only a momentary power, and only one temperature', async () => {
  const { device, files } = await warm();
  files.delete(`${CARD}/hwmon/hwmon4/power1_average`);
  files.delete(`${CARD}/hwmon/hwmon4/temp2_input`);
  files.set(`${CARD}/hwmon/hwmon4/power1_input`, '55000000');
  const { powerW, chipMaxC } = await device.read();
  assert.deepEqual([powerW, chipMaxC], [55, 60]);
});

test('a cap is written in microwatts, within what the card allows', async () => {
  const { device, files } = await warm();
  assert.deepEqual(device.controls.limit?.capability.range, { min: 120, max: 330, step: 1, unit: 'watts' });
  await device.controls.limit?.run(200, true);
  assert.equal(files.get(`${CARD}/hwmon/hwmon4/power1_cap`), '200000000');
  await assert.rejects(device.controls.limit?.run(331, false) ?? Promise.resolve(), { kind: 'refused', code: 'range' });
});

test('sensors that were numbered anew by a reloaded driver are found again', async () => {
  const { device, files } = await warm();
  for (const [path, value] of [...files]) {
    files.delete(path);
    files.set(path.replace('hwmon4', 'hwmon7'), value);
  }
  assert.equal((await device.read()).powerW, 182);
});

test('a card that is gone is unreachable; a sensor that writes nonsense is malformed', async () => {
  const { device, files } = await warm();
  files.set(`${CARD}/hwmon/hwmon4/power1_average`, 'N/A');
  await assert.rejects(device.read(), { kind: 'malformed', message: /power1_average: "N\/A" is no number/ });
  files.clear();
  await assert.rejects(device.read(), { kind: 'unreachable' });
});

/** A card whose files are in memory. */
async function warm(): Promise<{ device: Device; files: Map<string, string> }> {
  const sensors = {
    power1_average: '182000000',
    power1_cap: '300000000',
    power1_cap_min: '120000000',
    power1_cap_max: '330000000',
    temp1_input: '60000',
    temp2_input: '71000',
    freq1_input: '2100000000',
  };
  const card = {
    gpu_busy_percent: '42',
    mem_info_vram_used: '8000000000',
    mem_info_vram_total: '17000000000',
    unique_id: 'abc',
  };
  const files = new Map([
    ...Object.entries(sensors).map(([file, value]): [string, string] => [`${CARD}/hwmon/hwmon4/${file}`, value]),
    ...Object.entries(card).map(([file, value]): [string, string] => [`${CARD}/${file}`, value]),
  ]);
  const sysfs = {
    read: async (path: string) => {
      const value = files.get(path);
      if (value === undefined) throw new AdapterError('unsupported', `${path}: there is none`);
      return value;
    },
    write: async (path: string, value: string) => void files.set(path, value),
    list: async (folder: string) => [
      ...new Set(
        [...files.keys()]
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''),
      ),
    ],
  };
  const unused = async () => assert.fail('not of this card');
  const nvml = { gpu: unused, driver: unused };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const device = amdgpu.open(
    { pci: '0000:03:00.0' },
    { id: 'gpu0', clock: new VirtualClock(), log, connect: unused, secret: unused, host: { nvml, sysfs, run: unused } },
  );
  device.start();
  await settle(60);
  return { device, files };
}
