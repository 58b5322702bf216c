/** What draws power in the simulated rack, and the feed it hangs on. */
import type { Hertz, Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { Noise } from './noise.ts';
import type { Leg } from './trajectory.ts';
import { Trajectory } from './trajectory.ts';

/** What the physics of a rack share. */
export type Surroundings = {
  clock: SimulatorClock;
  noise: Noise;
  /** The air that comes in at the front. */
  inletC: Trajectory;
};

/** What a meter can measure. Energy counts from the start, in joules. */
export type Load = { watts(atMs?: Millis): Watts; joules(atMs?: Millis): number };

/** Anything that draws power at the wall. */
export class PoweredThing implements Load {
  #name: string;
  #clock: SimulatorClock;
  #noise: Noise;
  #noiseFraction: number;
  #level: Trajectory;

  /** `noiseFraction` of the power is how far the noise reaches up and down. */
  constructor(
    name: string,
    power: Watts,
    { clock, noise }: Pick<Surroundings, 'clock' | 'noise'>,
    noiseFraction = 0.005,
  ) {
    this.#name = name;
    this.#clock = clock;
    this.#noise = noise;
    this.#noiseFraction = noiseFraction;
    this.#level = new Trajectory(clock, power);
  }

  /** Real watts now, or at any moment since the start. */
  watts(atMs: Millis = this.#clock.monotonic()): Watts {
    return this.#level.value(atMs) * (1 + this.#noiseFraction * this.#noise(this.#name, atMs));
  }

  /** Energy since the start, in joules. The noise has no mean and is left out. */
  joules(atMs?: Millis): number {
    return this.#level.area(atMs) / 1000;
  }

  follow(legs: Leg[]): void {
    this.#level.follow(legs);
  }

  /** Moves to `power`, at once or evenly over `overMs`. */
  moveTo(power: Watts, overMs: Millis = 0): void {
    this.#level.moveTo(power, overMs);
  }
}

/** The electrical feed of the rack: what its meter measures. Three balanced phases. */
export class Feed implements Load {
  readonly frequencyHz: Trajectory;
  /** Line to neutral. */
  readonly voltageV: Trajectory;
  #loads: readonly Load[];

  constructor(clock: SimulatorClock, loads: readonly Load[], nominal: { frequencyHz: Hertz; voltageV: number }) {
    this.#loads = loads;
    this.frequencyHz = new Trajectory(clock, nominal.frequencyHz);
    this.voltageV = new Trajectory(clock, nominal.voltageV);
  }

  watts(atMs?: Millis): Watts {
    return this.#loads.reduce((sum, load) => sum + load.watts(atMs), 0);
  }

  joules(atMs?: Millis): number {
    return this.#loads.reduce((sum, load) => sum + load.joules(atMs), 0);
  }
}
