/** Time, injected everywhere: wall for what people and orders say, monotonic for ages and ramps. */
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
  sleep: (ms, signal) => new Promise((resolve, reject) => sleep(ms, signal, resolve, reject)),
  every: (_name, ms, work) => {
    let due = performance.now() + ms;
    const beat = () => {
      const now = performance.now();
      due = nextBeat(due, now, ms);
      timer = setTimeout(beat, due - now);
      work();
    };
    let timer = setTimeout(beat, ms);
    return () => clearTimeout(timer);
  },
  after: (_name, ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  timeout: (ms) => AbortSignal.timeout(ms),
};

/**
 * The first moment after `now` that is a whole number of periods after `due`. The platform's interval counts on from
 * when it last came about: after a standstill, all that had been spread over a period would come at one moment for ever.
 */
export function nextBeat(due: Millis, now: Millis, period: Millis): Millis {
  return due + period * Math.max(1, Math.floor((now - due) / period) + 1);
}

/**
 * Timers count whole milliseconds. Who asks for a part of one, such as a silence on a serial line, gets it in turns of
 * the event loop: one millisecond of them at the most, and without a promise for each.
 */
function sleep(ms: Millis, signal: AbortSignal | undefined, done: () => void, failed: (reason: unknown) => void): void {
  if (signal?.aborted) {
    failed(signal.reason);
    return;
  }
  const until = performance.now() + ms;
  const over = () => {
    signal?.removeEventListener('abort', abort);
    done();
  };
  const turn = () => {
    if (Number.isInteger(ms) || performance.now() >= until) over();
    else turning = setImmediate(turn);
  };
  const abort = () => {
    clearTimeout(timer);
    clearImmediate(turning);
    failed(signal?.reason);
  };
  let turning: NodeJS.Immediate | undefined;
  const timer = setTimeout(turn, Math.floor(ms));
  signal?.addEventListener('abort', abort, { once: true });
}
