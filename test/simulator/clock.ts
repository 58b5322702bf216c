import type { Millis } from '#protocol/units.ts';

/** The part of a clock the simulator needs; the agent's own and the virtual one of the tests both fit. */
export type SimulatorClock = {
  /** Milliseconds since the epoch. */
  wall(): Millis;
  /** Milliseconds that only grow. */
  monotonic(): Millis;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: Millis, signal?: AbortSignal): Promise<void>;
};
