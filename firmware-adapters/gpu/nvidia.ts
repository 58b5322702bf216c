/**
 * NVIDIA GPUs through NVML, the library that `nvidia-smi` uses: no process is started.
 *
 * Models: data centre and workstation GPUs from Volta on; drivers from 450 on, of which older ones lack single calls.
 * The technician must let the agent run as root or with CAP_SYS_ADMIN, or caps are refused; must leave persistence mode
 * on (`nvidia-persistenced`), or a cap is lost when the last program leaves the GPU; and must not run another tool that
 * sets caps. Name a GPU by its UUID where cards may move: an index is an order of enumeration.
 *
 * The limit is the power cap; a GPU without one (some laptops, some virtual GPUs) is read and left alone. With
 * `hold_clock` its clock is held down with the cap, which keeps bursts from passing the cap for the moments that its own
 * regulation takes. NVML does not tell afterwards that a clock is held. So it is held only after a cap has been set, and
 * let go before the cap goes up to its end: whoever finds a GPU uncapped, as after a crash, finds its clock free.
 *
 * NVML's watts are its own: on Ampere and later a mean over a second, and A100 and H100 look at a quarter of the time
 * (arXiv 2312.02741). They never prove a cut; a meter does.
 */
import * as z from 'zod';
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import type { Adapter, DeviceReading, Identity } from '../contract.ts';
import { hostOf } from '../transport/host.ts';
import type { GpuDriver } from './capped-gpu.ts';
import { CappedGpu, gpuOptions } from './capped-gpu.ts';
import { identityOf, known, readingOf } from './nvidia-reading.ts';
import type { Nvml, NvmlGpu } from './nvml.ts';

const uuid = z
  .string()
  .regex(/^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must look like GPU-… in `nvidia-smi -L`');

const options = z.object({
  /** Its index, as `nvidia-smi -L` counts, or its UUID, which stays when cards move. */
  gpu: z.union([z.int().min(0).max(63), uuid]),
  /** Whether its clock is held down with its cap: Volta and later. */
  hold_clock: z.boolean().default(false),
  ...gpuOptions,
});

type NvidiaOptions = z.infer<typeof options>;

export const nvidia: Adapter<NvidiaOptions> = {
  name: 'nvidia',
  kind: 'gpu',
  options,
  open: (given, context) => new CappedGpu(new NvidiaDriver(given, hostOf(context).nvml), context),
};

class NvidiaDriver implements GpuDriver {
  readonly #given: NvidiaOptions;
  readonly #nvml: Nvml;
  #gpu: NvmlGpu | undefined;

  constructor(given: NvidiaOptions, nvml: Nvml) {
    this.#given = given;
    this.#nvml = nvml;
  }

  /** Asks for the handle anew: it dies with its driver. */
  async identify(signal: AbortSignal): Promise<Identity> {
    this.#gpu = undefined;
    const gpu = await this.#opened();
    signal.throwIfAborted();
    return await identityOf(gpu, await this.#nvml.driver());
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    return await readingOf(await this.#opened(), signal);
  }

  async range(): Promise<Range | undefined> {
    const gpu = await this.#opened();
    const mw = await known(gpu.capRangeMw());
    return mw && { min: Math.ceil(mw.min / 1000), max: Math.floor(mw.max / 1000), step: 1, unit: 'watts' };
  }

  async cap(watts: Watts): Promise<void> {
    const gpu = await this.#opened();
    const mw = Math.round(watts * 1000);
    if (!this.#given.hold_clock) return await gpu.setCapMw(mw);
    const { max } = await gpu.capRangeMw();
    if (mw >= max) await known(gpu.letClockGo());
    await gpu.setCapMw(mw);
    // Power grows faster than the clock: at this share of it no work draws more than the cap.
    if (mw < max) await known(gpu.maxClockMhz().then((mhz) => gpu.holdClock(Math.floor((mhz * mw) / max))));
  }

  async #opened(): Promise<NvmlGpu> {
    this.#gpu ??= await this.#nvml.gpu(this.#given.gpu);
    return this.#gpu;
  }
}
