/** The browser's time, in one place: everyone else takes it as an argument. */
import type { Millis } from '#protocol/units.ts';

export type Clock = {
  /** Milliseconds since the epoch. */
  wall(): Millis;
  /** Calls `work` every `ms` until the returned function is called. */
  every(ms: Millis, work: () => void): () => void;
  /** Calls `work` once after `ms` unless the returned function is called first. */
  after(ms: Millis, work: () => void): () => void;
};

export const browserClock: Clock = {
  wall: () => Date.now(),
  every: (ms, work) => {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
