/**
 * AMD GPUs through the kernel's hwmon and sysfs files; no process is started and no library loaded.
 *
 * Models: those to which the amdgpu driver gives a `power1_cap`, which are discrete Radeons and Instincts; Linux 5.4 and
 * later. The technician must let the agent's user write `power1_cap` (a udev rule that gives it to the agent's group, or
 * root), and must not run another tool that sets caps.
 *
 * Files and units are those of the kernel's documentation of amdgpu: microwatts, millidegrees, hertz, percent.
 */
import * as z from 'zod';
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import type { Adapter, DeviceReading, GpuReading, Identity } from '../contract.ts';
import { withoutUndefined } from '../transport/fields.ts';
import { hostOf } from '../transport/host.ts';
import type { Sysfs } from '../transport/sysfs.ts';
import { hwmonOf, numberAt, textAt } from '../transport/sysfs.ts';
import type { GpuDriver } from './capped-gpu.ts';
import { CappedGpu, gpuOptions } from './capped-gpu.ts';

const options = z.object({
  /** Its place on the bus, as `lspci -D` shows it. */
  pci: z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/, 'must look like 0000:03:00.0'),
  ...gpuOptions,
});

type AmdgpuOptions = z.infer<typeof options>;

export const amdgpu: Adapter<AmdgpuOptions> = {
  name: 'amdgpu',
  kind: 'gpu',
  options,
  open: ({ pci }, context) => new CappedGpu(new AmdgpuDriver(`bus/pci/devices/${pci}`, hostOf(context).sysfs), context),
};

class AmdgpuDriver implements GpuDriver {
  readonly #card: string;
  readonly #sysfs: Sysfs;

  constructor(card: string, sysfs: Sysfs) {
    this.#card = card;
    this.#sysfs = sysfs;
  }

  async identify(): Promise<Identity> {
    await this.#sensors();
    return withoutUndefined<Identity>({
      make: 'AMD',
      model: await textAt(this.#sysfs, `${this.#card}/product_name`),
      firmware: await textAt(this.#sysfs, `${this.#card}/vbios_version`),
      serial: await textAt(this.#sysfs, `${this.#card}/unique_id`),
    });
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const sensors = await this.#sensors();
    const at = async (path: string, unit: number) => {
      signal.throwIfAborted();
      const value = await numberAt(this.#sysfs, path);
      return value === undefined ? undefined : value / unit;
    };
    const powerW = (await at(`${sensors}/power1_average`, 1e6)) ?? (await at(`${sensors}/power1_input`, 1e6));
    return withoutUndefined<DeviceReading>({
      asleep: false,
      powerW,
      powerFrom: powerW === undefined ? undefined : 'estimate',
      limit: await at(`${sensors}/power1_cap`, 1e6),
      // The junction, which runs hotter than the edge; older cards have only that.
      chipMaxC: (await at(`${sensors}/temp2_input`, 1000)) ?? (await at(`${sensors}/temp1_input`, 1000)),
      gpu: withoutUndefined<GpuReading>({
        utilisation: await at(`${this.#card}/gpu_busy_percent`, 100),
        memoryUsedBytes: await at(`${this.#card}/mem_info_vram_used`, 1),
        memoryTotalBytes: await at(`${this.#card}/mem_info_vram_total`, 1),
        clockMhz: await at(`${sensors}/freq1_input`, 1e6),
        throttledBy: [],
      }),
      faults: [],
      repairs: 0,
    });
  }

  async range(): Promise<Range | undefined> {
    const sensors = await this.#sensors();
    const min = await numberAt(this.#sysfs, `${sensors}/power1_cap_min`);
    const max = await numberAt(this.#sysfs, `${sensors}/power1_cap_max`);
    if (min === undefined || max === undefined) return undefined;
    return { min: Math.ceil(min / 1e6), max: Math.floor(max / 1e6), step: 1, unit: 'watts' };
  }

  async cap(watts: Watts): Promise<void> {
    await this.#sysfs.write(`${await this.#sensors()}/power1_cap`, String(Math.round(watts * 1e6)));
  }

  /** Looked up each time: its number among all sensors changes when the driver is loaded anew. */
  #sensors(): Promise<string> {
    return hwmonOf(this.#sysfs, this.#card);
  }
}
