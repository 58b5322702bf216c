/** How warm the loads make a place of the rack. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { Load } from './physics.ts';

/** Steps lie on a grid that begins at the start, so that looking more often changes nothing. */
const STEP_MS: Millis = 5000;

/** The watts of a load as a place feels them that warms up and cools down with a time constant. */
export class Heat {
  #load: Load;
  #clock: SimulatorClock;
  #tauMs: Millis;
  /** What the place felt at the last point of the grid, and the energy the load had taken by then. */
  #feltW: Watts;
  #atMs: Millis;
  #joules: number;

  /** Starts as if the load had run like this for long. */
  constructor(load: Load, clock: SimulatorClock, tauMs: Millis) {
    this.#load = load;
    this.#clock = clock;
    this.#tauMs = tauMs;
    this.#atMs = clock.monotonic();
    this.#feltW = load.watts(this.#atMs);
    this.#joules = load.joules(this.#atMs);
  }

  /** Felt watts now. */
  watts(): Watts {
    const nowMs = this.#clock.monotonic();
    while (this.#atMs + STEP_MS <= nowMs) {
      const nextMs = this.#atMs + STEP_MS;
      this.#feltW = this.#feltAt(nextMs);
      this.#joules = this.#load.joules(nextMs);
      this.#atMs = nextMs;
    }
    return this.#feltAt(nowMs);
  }

  /** One step on from the last point of the grid, by the mean power since. */
  #feltAt(atMs: Millis): Watts {
    const elapsedMs = atMs - this.#atMs;
    if (elapsedMs <= 0) return this.#feltW;
    const meanW = (1000 * (this.#load.joules(atMs) - this.#joules)) / elapsedMs;
    return meanW + (this.#feltW - meanW) * Math.exp(-elapsedMs / this.#tauMs);
  }
}
