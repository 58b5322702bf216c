/** What an NVIDIA GPU says of itself: what it lacks is absent, what fails otherwise is thrown. */
import type { DeviceReading, GpuReading, Identity } from '../contract.ts';
import { withoutUndefined } from '../transport/fields.ts';
import type { NvmlGpu } from './nvml.ts';
import { isLacking, throttleReasons } from './nvml-codes.ts';

export async function identityOf(gpu: NvmlGpu, driver: string): Promise<Identity> {
  return withoutUndefined<Identity>({
    make: 'NVIDIA',
    model: await known(gpu.name()),
    firmware: `driver ${driver}`,
    serial: (await known(gpu.serial())) ?? (await known(gpu.uuid())),
  });
}

export async function readingOf(gpu: NvmlGpu, signal: AbortSignal): Promise<DeviceReading> {
  const ask = <T>(call: () => Promise<T>): Promise<T | undefined> => {
    // A call cannot be taken back once the driver has it; between two of them a control need not wait.
    signal.throwIfAborted();
    return known(call());
  };
  const powerMw = await ask(gpu.powerMw);
  const capMw = await ask(gpu.capMw);
  const memory = await ask(gpu.memoryBytes);
  const busy = await ask(gpu.utilisationPercent);
  const throttle = await ask(gpu.throttleBits);
  return withoutUndefined<DeviceReading>({
    // It has no sleep of its own: what runs on it may rest.
    asleep: false,
    powerW: powerMw === undefined ? undefined : powerMw / 1000,
    powerFrom: powerMw === undefined ? undefined : 'estimate',
    limit: capMw === undefined ? undefined : capMw / 1000,
    chipMaxC: await ask(gpu.temperatureC),
    gpu: withoutUndefined<GpuReading>({
      utilisation: busy === undefined ? undefined : busy / 100,
      memoryUsedBytes: memory?.used,
      memoryTotalBytes: memory?.total,
      clockMhz: await ask(gpu.clockMhz),
      processes: await ask(gpu.processes),
      throttledBy: throttleReasons(throttle ?? 0),
      sliced: await ask(gpu.mig),
    }),
    faults: [],
    repairs: 0,
  });
}

/** undefined where the GPU or its driver lacks it, as a sliced GPU lacks its utilisation. */
export async function known<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isLacking(error)) return undefined;
    throw error;
  }
}
