/** Log-ins that lock everybody out after too many tries: each further try would keep the lock. */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import { AdapterError } from '../errors.ts';

/** Assumed: no firmware says how long its lock lasts. Not longer than the longest pause of whoever asks again. */
const REST_MS: Millis = 30_000;

export class LockOut {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #until: Millis = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Logs in, unless the miner has answered 429 a moment ago: then throws `refused` without asking it. */
  async respect<T>(logIn: () => Promise<T>): Promise<T> {
    if (this.#clock.monotonic() < this.#until) {
      throw new AdapterError('refused', 'the miner has locked us out: it is left alone for half a minute', {
        code: 429,
      });
    }
    try {
      return await logIn();
    } catch (error) {
      if (error instanceof AdapterError && error.code === 429) this.#until = this.#clock.monotonic() + REST_MS;
      throw error;
    }
  }
}
