/** Time, injected everywhere: wall for what people and orders say, monotonic for ages and ramps. */
import { setTimeout as delay, setImmediate as turnOfLoop } from 'node:timers/promises';
import type { Millis } from '#protocol/units.ts';

export type Clock = {
  /** Milliseconds since the epoch. May jump when the system's clock is set. */
  wall(): Millis;
  /** Milliseconds since an arbitrary start. Never jumps back. */
  monotonic(): Millis;
  /** To a fraction of a millisecond where one is asked for. Rejects with the signal's reason when aborted. */
  sleep(ms: Millis, signal?: AbortSignal): Promise<void>;
  /** Calls `work` every `ms` until the returned function is called. `name` appears in traces. */
  every(name: string, ms: Millis, work: () => void): () => void;
  /** Calls `work` once after `ms` unless the returned function is called first. */
  after(name: string, ms: Millis, work: () => void): () => void;
  /** A signal that aborts with a `TimeoutError` after `ms`. */
  timeout(ms: Millis): AbortSignal;
};

/** One moment on both clocks. */
export type Now = { wall: Millis; mono: Millis };

export function now(clock: Pick<Clock, 'wall' | 'monotonic'>): Now {
  return { wall: clock.wall(), mono: clock.monotonic() };
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    const until = performance.now() + ms;
    try {
      await delay(Math.floor(ms), undefined, signal ? { signal } : {});
      // Timers count whole milliseconds. Who asks for a part of one, such as a silence on a serial line, gets it in
      // turns of the event loop: one millisecond of them at the most.
      if (!Number.isInteger(ms))
        while (performance.now() < until) await turnOfLoop(undefined, signal ? { signal } : {});
    } catch (error) {
      // node:timers rejects with its own AbortError; callers want to know why.
      if (signal?.aborted) throw signal.reason;
      throw error;
    }
  },
  every: (_name, ms, work) => {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
  after: (_name, ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  timeout: (ms) => AbortSignal.timeout(ms),
};
