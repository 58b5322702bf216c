/**
 * A GPU whose power cap can be set, however its driver is reached. It has no sleep of its own: its cap is all that an
 * order can move, and what runs on it may rest beside that.
 */
import type { Range } from '#protocol/capability.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import { watts } from '#protocol/units.ts';
import type { Ack, AdapterContext, Controls, Device, DeviceReading, Identity } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { DeviceLine } from '../transport/device-line.ts';
import type { Urgency } from '../transport/wire-queue.ts';
import { within } from '../transport/within.ts';

/** Each call ends when the driver has let go, whatever its signal says: a driver cannot be interrupted. */
export type GpuDriver = {
  identify(signal: AbortSignal): Promise<Identity>;
  /** Leaves off between two questions when its signal aborts. */
  read(signal: AbortSignal): Promise<DeviceReading>;
  /** Watts that the cap may be set to; undefined for a GPU without one. */
  range(): Promise<Range | undefined>;
  cap(watts: Watts): Promise<void>;
};

/** Options that every GPU has. */
export const gpuOptions = {
  /**
   * Watts it draws while what runs on it rests, with its model in memory: an H100 about 120, a V100 about 60. Without it
   * its workloads are never told to rest, since nobody knows what that would give.
   */
  idle_w: watts.exactOptional(),
};

const RENEW_MS: Millis = 10 * 60_000;
/** The slowest caps in the field took 35 ms; a driver that has not returned by now is in trouble. */
const CALL_MS: Millis = 5_000;
/** A V100 is below a new cap within about 48 ms (GridPilot's recording at 200 Hz); assumed of the others. */
const SETTLE_MS: Millis = 50;

export class CappedGpu implements Device {
  readonly #driver: GpuDriver;
  readonly #clock: AdapterContext['clock'];
  readonly #line: DeviceLine;
  #range: Range | undefined;

  constructor(driver: GpuDriver, { clock, log }: AdapterContext) {
    this.#driver = driver;
    this.#clock = clock;
    this.#line = new DeviceLine({
      clock,
      log,
      renewMs: RENEW_MS,
      identify: (signal) => driver.identify(signal),
      prepare: async () => {
        this.#range = await driver.range();
      },
    });
  }

  start(): void {
    this.#line.start();
  }

  /** A cap stays as it is: the next start finds it in the journal. */
  stop(): Promise<void> {
    return this.#line.stop();
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    return this.#inTime((abort) => this.#line.identify(abort), signal);
  }

  read(signal?: AbortSignal): Promise<DeviceReading> {
    return this.#run('read', (abort) => this.#driver.read(abort), signal);
  }

  /** The cap comes with its range: read it anew, it is absent until the driver has told. */
  get controls(): Controls {
    const range = this.#range;
    if (!range) return {};
    const capability = { settle_ms: SETTLE_MS, restarts: false, persistent: false, min_interval_s: 0, range };
    return { limit: { capability, run: (watts, lowers, signal) => this.#limit(range, watts, lowers, signal) } };
  }

  async #limit({ min, max }: Range, watts: Watts, lowers: boolean, signal?: AbortSignal): Promise<Ack> {
    if (!(watts >= min && watts <= max)) {
      throw new AdapterError('refused', `a cap of ${watts} W is outside ${min} to ${max} W`, { code: 'range' });
    }
    await this.#run(lowers ? 'lower' : 'raise', () => this.#driver.cap(watts), signal);
    return { said: `capped at ${watts} W`, settleMs: SETTLE_MS };
  }

  #run<T>(urgency: Urgency, work: (abort: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#inTime((abort) => this.#line.run(urgency, work, abort), signal);
  }

  /** Given up, not ended: this GPU's line stays taken until its driver returns, and the other GPUs go on. */
  async #inTime<T>(work: (abort: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const tooLate = (cause: unknown) =>
      new AdapterError('timedOut', `the driver has not returned within ${CALL_MS / 1000} s`, { cause });
    return await within(this.#clock, CALL_MS, signal, work, tooLate);
  }
}
