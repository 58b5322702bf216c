/** The demo's GPUs: the stand-in of NVIDIA's library where there is a compiler for it, else AMD's, who need none. */
import { join } from 'node:path';
import { systemClock } from '#agent/platform/clock.ts';
import { AmdHost, pciOf } from '#test/simulator/amd-host.ts';
import type { GpuHost } from '#test/simulator/gpu-host.ts';
import { NvidiaHost } from '#test/simulator/nvml/nvidia-host.ts';
import { GPUS, gpuSpecs, IDLE_W, MOST_W } from '#test/support/gpu-work.ts';
import { buildNvml } from '#test/support/nvml-stub.ts';

export type DemoGpus = {
  readonly host: GpuHost;
  /** Of the config. */
  readonly devices: readonly object[];
  /** For the agent, so that it finds them in place of real ones. */
  readonly environment: Readonly<Record<string, string>>;
  readonly told: string;
};

/** @param folder for what stands in for their driver. */
export function openGpus(folder: string): DemoGpus {
  const common = { rated_w: MOST_W, idle_w: IDLE_W, period_ms: 500 };
  if (isBuilt(folder)) {
    const host = new NvidiaHost(join(folder, 'driver'), gpuSpecs);
    return {
      host,
      devices: GPUS.map((id, gpu) => ({ id, adapter: 'nvidia', gpu, ...common })),
      environment: { LD_LIBRARY_PATH: folder, BALLAST_NVML: host.file },
      told: 'NVIDIA, behind a stand-in for NVML',
    };
  }
  const host = new AmdHost(join(folder, 'sys'), gpuSpecs, (ms, work) => systemClock.every('cards', ms, work));
  return {
    host,
    devices: GPUS.map((id, gpu) => ({ id, adapter: 'amdgpu', pci: pciOf(gpu), ...common })),
    environment: { BALLAST_SYSFS: host.root },
    told: 'AMD, in files as of /sys (no gcc here for NVIDIA’s)',
  };
}

function isBuilt(folder: string): boolean {
  try {
    buildNvml(folder);
    return true;
  } catch {
    return false;
  }
}
