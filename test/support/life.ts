/** The time that one process lives in, for scenarios in which it is killed. */
import type { Clock } from '#agent/platform/clock.ts';

/** The clock of one process: when that has died, nothing it had planned happens any more. */
export class Life implements Clock {
  readonly #clock: Clock;
  #alive = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  end(): void {
    this.#alive = false;
  }

  wall = (): number => this.#clock.wall();
  monotonic = (): number => this.#clock.monotonic();
  every = (name: string, ms: number, work: () => void) => this.#clock.every(name, ms, () => this.#alive && work());
  after = (name: string, ms: number, work: () => void) => this.#clock.after(name, ms, () => this.#alive && work());
  timeout = (ms: number): AbortSignal => this.#clock.timeout(ms);
  sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    await this.#clock.sleep(ms, signal);
    if (!this.#alive) await new Promise<never>(() => {});
  };
}
