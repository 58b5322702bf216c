/** The adapter of NVIDIA GPUs over a library of C that keeps to NVML's own ABI. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Device } from '#adapters/contract.ts';
import { nvidia } from '#adapters/gpu/nvidia.ts';
import { createNvml } from '#adapters/gpu/nvml.ts';
import { openSysfs } from '#adapters/transport/sysfs.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import { NvidiaHost } from '#test/simulator/nvml/nvidia-host.ts';
import { buildNvml } from '#test/support/nvml-stub.ts';
import { needs } from './support/needs.ts';

const gcc = needs('gcc libc6-dev', 'gcc');

test('a cap is set, read back, and followed by the power', gcc, async (t) => {
  const { host, devices } = await open(t, 2);
  const [gpu] = devices;
  assert.deepEqual(gpu?.controls.limit?.capability.range, { min: 100, max: 300, step: 1, unit: 'watts' });
  assert.equal((await gpu?.read())?.powerW, 275);
  await gpu?.controls.limit?.run(200, true);
  assert.deepEqual(host.caps(), [200, 300]);
  assert.equal((await gpu?.read())?.limit, 200);
  await until(async () => ((await gpu?.read())?.powerW ?? 0) < 200);
  assert.deepEqual((await gpu?.read())?.gpu?.throttledBy, ['power cap']);
});

test('a GPU says who it is, what computes on it and how full it is', gcc, async (t) => {
  const { host, devices } = await open(t, 1);
  host.runs(0, 4711);
  const identity = await devices[0]?.identify();
  assert.deepEqual(identity, {
    make: 'NVIDIA',
    model: 'Simulated V100',
    firmware: 'driver 570.00',
    serial: 'GPU-00000000-0000-0000-0000-000000000000',
  });
  const reading = await devices[0]?.read();
  assert.deepEqual([reading?.gpu?.processes, reading?.gpu?.utilisation], [[4711], 0.97]);
  assert.deepEqual([reading?.gpu?.memoryUsedBytes, reading?.gpu?.memoryTotalBytes], [30e9, 2 ** 35]);
});

test('a clock is held with a cap, and free again once the cap is', gcc, async (t) => {
  const { host, devices } = await open(t, 2, [1], { hold_clock: true });
  await devices[0]?.controls.limit?.run(200, true);
  assert.deepEqual([host.heldMhz(0), host.heldMhz(1), host.caps()], [0, 1020, [300, 200]]);
  assert.equal((await devices[0]?.read())?.gpu?.clockMhz, 1020);
  await devices[0]?.controls.limit?.run(300, false);
  assert.deepEqual([host.heldMhz(1), host.capW(1)], [0, 300]);
});

test('a GPU named by its UUID is that one, whatever its index', gcc, async (t) => {
  const { host, devices } = await open(t, 3, ['GPU-00000000-0000-0000-0000-000000000002']);
  await devices[0]?.controls.limit?.run(150, true);
  assert.deepEqual(host.caps(), [300, 300, 150]);
});

test('one that has fallen off the bus is unreachable, and the others go on', gcc, async (t) => {
  const { host, devices } = await open(t, 2);
  host.fallOffTheBus(0);
  await assert.rejects(devices[0]?.read() ?? Promise.resolve(), { kind: 'unreachable', code: 15 });
  await assert.rejects(devices[0]?.controls.limit?.run(200, true) ?? Promise.resolve(), { kind: 'unreachable' });
  await devices[1]?.controls.limit?.run(200, true);
  assert.equal(host.capW(1), 200);
});

test('missing rights are told from a slice, which says less and is capped all the same', gcc, async (t) => {
  const { host, devices } = await open(t, 2);
  host.refuse(0, 4);
  await assert.rejects(devices[0]?.controls.limit?.run(200, true) ?? Promise.resolve(), {
    kind: 'unauthorised',
    code: 4,
  });
  host.slice(1);
  const { gpu } = (await devices[1]?.read()) ?? {};
  assert.deepEqual([gpu?.sliced, gpu && 'utilisation' in gpu], [true, false]);
  await devices[1]?.controls.limit?.run(200, true);
  assert.deepEqual(host.caps(), [300, 200]);
});

test('two GPUs whose driver never returns do not keep the third from its cap', gcc, async (t) => {
  const { host, devices } = await open(t, 3);
  host.hang(0, true);
  host.hang(1, true);
  const hung = [devices[0], devices[1]].map((device) => device?.read().catch(({ kind }) => kind));
  await devices[2]?.controls.limit?.run(200, true);
  assert.equal(host.capW(2), 200);
  assert.deepEqual(await Promise.all(hung), ['timedOut', 'timedOut']);
  host.hang(0, false);
  host.hang(1, false);
  await until(async () => (await devices[0]?.read())?.powerW !== undefined);
});

test('a machine without the library has no driver, and says so', async () => {
  const nvml = createNvml('libballast-has-no-such-library.so.1');
  await assert.rejects(nvml.gpu(0), { kind: 'unreachable', message: /no NVIDIA driver/ });
});

/** GPUs of 275 W, between 100 and 300. @param which of them; all unless said. */
async function open(
  t: TestContext,
  count: number,
  which: (number | string)[] = [...Array(count).keys()],
  { hold_clock = false } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-nvml-'));
  const { library } = buildNvml(folder);
  process.env['BALLAST_NVML'] = join(folder, 'driver');
  const spec = { demandW: 275, minW: 100, maxW: 300 };
  const host = new NvidiaHost(join(folder, 'driver'), Array(count).fill(spec));
  const parts = { nvml: createNvml(library), sysfs: openSysfs(), run: async () => assert.fail('starts nothing') };
  const unused = async () => assert.fail('not of a GPU');
  const context = {
    id: 'gpu',
    clock: systemClock,
    log: openLog('silent'),
    connect: unused,
    secret: unused,
    host: parts,
  };
  const devices = which.map((gpu) => nvidia.open({ gpu, hold_clock }, context));
  t.after(async () => {
    await Promise.all(devices.map((device) => device.stop()));
    host.close();
    rmSync(folder, { recursive: true });
  });
  for (const device of devices) device.start();
  await until(async () => devices.every(({ controls }: Device) => controls.limit !== undefined));
  return { host, devices };
}

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await systemClock.sleep(5);
}
