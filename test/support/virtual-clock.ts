/** A clock that moves only when told, for scenarios: an hour of events passes in milliseconds. */
import type { Clock } from '#agent/platform/clock.ts';

/** One for all: most time-outs run out long after what they guarded is done, and each exception takes its stack. */
const timedOut = new DOMException('The operation timed out', 'TimeoutError');

type Timer = { at: number; order: number; every?: number; work: () => void };

export class VirtualClock implements Clock {
  #mono = 0;
  #wall: number;
  #order = 0;
  #timers: Timer[] = [];
  readonly #turns: number;

  /** `turns` of the event loop are waited for after each timer: how long a chain of streams needs to come to rest. */
  constructor(wall = Date.parse('2026-11-21T21:00:00Z'), turns = 12) {
    this.#wall = wall;
    this.#turns = turns;
  }

  wall = (): number => this.#wall;
  monotonic = (): number => this.#mono;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after('sleep', ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });

  every = (_name: string, ms: number, work: () => void): (() => void) =>
    this.#add({ at: this.#mono + ms, order: this.#order++, every: ms, work });

  after = (_name: string, ms: number, work: () => void): (() => void) =>
    this.#add({ at: this.#mono + ms, order: this.#order++, work });

  timeout = (ms: number): AbortSignal => {
    const controller = new AbortController();
    this.after('timeout', ms, () => controller.abort(timedOut));
    return controller.signal;
  };

  /** Timers still set, for leak checks. */
  get pending(): number {
    return this.#timers.length;
  }

  /** The system's clock is set: wall time jumps, monotonic time does not. */
  jumpWall(ms: number): void {
    this.#wall += ms;
  }

  /** Lets `ms` pass, firing timers in order and draining what they started in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms;
    await settle(this.#turns);
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next) break;
      this.#move(Math.max(next.at, this.#mono));
      if (next.every === undefined) this.#timers = this.#timers.filter((timer) => timer !== next);
      else next.at += next.every;
      next.work();
      await settle(this.#turns);
    }
    this.#move(end);
    await settle(this.#turns);
  }

  #move(to: number): void {
    this.#wall += to - this.#mono;
    this.#mono = to;
  }

  #add(timer: Timer): () => void {
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
}

/** Drains promise callbacks and stream events: in-memory streams need several turns of the event loop. */
export function settle(turns = 12): Promise<void> {
  return new Promise((resolve) => {
    let left = turns;
    // Callbacks, not awaits: the test runner follows every promise, and scenarios settle a million times.
    const turn = () => void setImmediate(--left > 0 ? turn : resolve);
    turn();
  });
}
