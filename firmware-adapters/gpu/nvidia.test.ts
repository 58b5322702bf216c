import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import type { Device } from '../contract.ts';
import type { AdapterError } from '../errors.ts';
import { nvidia } from './nvidia.ts';
import type { NvmlGpu } from './nvml.ts';
import { nvmlError } from './nvml-codes.ts';

test('a GPU tells its watts, its cap, and what holds it down', async () => {
  const { device } = await warm({ throttleBits: async () => 0x4 | 0x20 | 0x1 });
  const { powerW, powerFrom, limit, asleep, chipMaxC, gpu } = await device.read();
  assert.deepEqual(
    { powerW, powerFrom, limit, asleep, chipMaxC },
    { powerW: 275, powerFrom: 'estimate', limit: 300, asleep: false, chipMaxC: 64 },
  );
  assert.deepEqual(gpu?.throttledBy, ['power cap', 'heat']);
  assert.deepEqual([gpu?.utilisation, gpu?.processes, gpu?.memoryUsedBytes], [0.97, [41], 3e10]);
});

test('what a GPU lacks is absent, never zero', async () => {
  const lacking = fails(3);
  const { device } = await warm({ powerMw: lacking, utilisationPercent: lacking, mig: async () => true });
  const reading = await device.read();
  assert.equal('powerW' in reading, false);
  assert.equal('powerFrom' in reading, false);
  assert.equal(reading.gpu && 'utilisation' in reading.gpu, false);
  assert.equal(reading.gpu?.sliced, true);
});

test('a GPU that cannot be capped is read, and offers nothing', async () => {
  const { device } = await warm({ capRangeMw: fails(3), capMw: fails(3) });
  assert.deepEqual(device.controls, {});
  assert.equal((await device.read()).limit, undefined);
});

test('a cap outside the range never reaches the driver', async () => {
  const { device, caps } = await warm();
  for (const watts of [99, 301, Number.NaN])
    await assert.rejects(cap(device, watts), { kind: 'refused', code: 'range' });
  assert.deepEqual(caps, []);
  assert.equal((await cap(device, 200)).said, 'capped at 200 W');
  assert.deepEqual(caps, [200_000]);
});

test('a clock is held after the cap is set, and let go before the cap goes up to its end', async () => {
  const said: string[] = [];
  const { device } = await warm(
    {
      setCapMw: async (mw) => void said.push(`cap ${mw / 1000}`),
      holdClock: async (mhz) => void said.push(`hold ${mhz}`),
      letClockGo: async () => void said.push('let go'),
    },
    { hold_clock: true },
  );
  for (const watts of [200, 250, 300]) await cap(device, watts);
  assert.deepEqual(said, ['cap 200', 'hold 1020', 'cap 250', 'hold 1275', 'let go', 'cap 300']);
});

test('where a clock cannot be held the cap does alone', async () => {
  const { device, caps } = await warm({ holdClock: fails(3), letClockGo: fails(3) }, { hold_clock: true });
  for (const watts of [200, 300]) await cap(device, watts);
  assert.deepEqual(caps, [200_000, 300_000]);
});

test('missing rights, a MIG slice and a GPU off the bus are told apart', async () => {
  const kinds = async (code: number) => {
    const { device } = await warm({ setCapMw: fails(code) });
    return await cap(device, 200).catch(({ kind, message }: AdapterError) => [kind, message]);
  };
  assert.match(String(await kinds(4)), /^unauthorised,.*CAP_SYS_ADMIN/);
  assert.match(String(await kinds(2)), /^refused,.*name the whole GPU/);
  assert.match(String(await kinds(15)), /^unreachable,.*fallen off the bus/);
  assert.match(String(await kinds(999)), /^refused,.*code 999/);
});

test('a GPU that comes back on the bus is opened anew', async () => {
  const { device, clock, host, opened } = await warm();
  host.answer = fails(15);
  await assert.rejects(device.read(), { kind: 'unreachable' });
  host.answer = undefined;
  const before = opened.length;
  await device.identify();
  assert.equal(opened.length, before + 1);
  assert.equal((await device.read()).powerW, 275);
  await clock.advance(0);
});

test('a driver that hangs is given up after five seconds, and a cut does not wait behind its reading', async () => {
  const { device, clock, host } = await warm();
  const hung = Promise.withResolvers<number>();
  host.answer = () => hung.promise;
  const reading = assert.rejects(device.read(), { kind: 'timedOut', message: /not returned within 5 s/ });
  await clock.advance(5000);
  await reading;
  const cutting = assert.rejects(cap(device, 200), { kind: 'timedOut' });
  await clock.advance(5000);
  await cutting;
  host.answer = undefined;
  hung.resolve(1);
  await settle();
  assert.equal((await cap(device, 200)).said, 'capped at 200 W');
});

test('the config takes an index or a UUID, and nothing else', () => {
  const uuid = 'GPU-5b2cd1a0-0001-0002-0003-000000000004';
  const fits = [0, 7, uuid, -1, 64, '0', 'MIG-5b2cd1a0', `${uuid}0`].map(
    (gpu) => nvidia.options.safeParse({ gpu }).success,
  );
  assert.deepEqual(fits, [true, true, true, false, false, false, false, false]);
});

function fails(code: number): () => Promise<never> {
  return async () => {
    throw nvmlError('nvmlDevice', code);
  };
}

function cap(device: Device, watts: number) {
  return device.controls.limit?.run(watts, true) ?? Promise.reject(new Error('it offers no cap'));
}

/** A GPU whose driver answers as `change` says; `host.answer` stands before its watts. */
async function warm(change: Partial<NvmlGpu> = {}, options: { hold_clock?: boolean } = {}) {
  const clock = new VirtualClock();
  const caps: number[] = [];
  const opened: (number | string)[] = [];
  const host: { answer: (() => Promise<number>) | undefined } = { answer: undefined };
  const gpu: NvmlGpu = {
    name: async () => 'V100',
    uuid: async () => 'GPU-1',
    serial: fails(3),
    powerMw: async () => 275_000,
    capMw: async () => 300_000,
    capRangeMw: async () => ({ min: 100_000, max: 300_000 }),
    setCapMw: async (mw) => void caps.push(mw),
    clockMhz: async () => 1290,
    maxClockMhz: async () => 1530,
    holdClock: async () => {},
    letClockGo: async () => {},
    temperatureC: async () => 64,
    utilisationPercent: async () => 97,
    memoryBytes: async () => ({ total: 34e9, used: 3e10 }),
    processes: async () => [41],
    throttleBits: async () => 0,
    mig: async () => false,
    ...change,
  };
  const powerMw = gpu.powerMw;
  gpu.powerMw = () => (host.answer ?? powerMw)();
  const nvml = {
    driver: async () => '570.00',
    gpu: async (which: number | string) => {
      opened.push(which);
      return gpu;
    },
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const unused = async () => assert.fail('not of a GPU');
  const device = nvidia.open(
    { gpu: 0, hold_clock: false, ...options },
    { id: 'gpu0', clock, log, connect: unused, secret: unused, host: { nvml, sysfs: none, run: unused } },
  );
  device.start();
  await settle(60);
  return { device, clock, caps, opened, host };
}

const none = { read: async () => '', write: async () => {}, list: async () => [] };
