/** What a bus has seen, for the `health` topic. */
import type { Millis } from '#protocol/units.ts';

/** Since the bus was made. A wire in good order grows only the first two. */
export type BusCounters = {
  requests: number;
  /** Replies that were believed, exceptions among them. */
  replies: number;
  timeouts: number;
  /** Replies to a request that was already answered, timed out or aborted. */
  lateReplies: number;
  /** Replies to nothing we asked: another transaction, unit or function. */
  foreignReplies: number;
  /** Runs of bytes on a serial line that are no whole frame with a right CRC: damage, or noise. */
  crcErrors: number;
  /** Replies, or whole streams, that are not Modbus. */
  malformed: number;
  exceptions: number;
  /** Connections opened after the first. */
  reconnects: number;
};

/** The counters, and how the bus is now. */
export type BusHealth = BusCounters & {
  /** The share of the last ten seconds in which the wire was taken. */
  loadPercent: number;
  /** Of its units on average, from a request to the answer, without the time on the wire. */
  turnaroundMs: number;
  unitsOffline: number;
};

export function zeroCounters(): BusCounters {
  return {
    requests: 0,
    replies: 0,
    timeouts: 0,
    lateReplies: 0,
    foreignReplies: 0,
    crcErrors: 0,
    malformed: 0,
    exceptions: 0,
    reconnects: 0,
  };
}

const WINDOW_MS: Millis = 10_000;

/** The share of time in which a wire was taken, window by window. */
export class Load {
  #since: Millis;
  #takenMs: Millis = 0;
  #share = 0;

  constructor(now: Millis) {
    this.#since = now;
  }

  add(takenMs: Millis, now: Millis): void {
    this.#takenMs += takenMs;
    this.share(now);
  }

  /** Of the last window that is over, 0 to 1. */
  share(now: Millis): number {
    const windowMs = now - this.#since;
    if (windowMs < WINDOW_MS) return this.#share;
    this.#share = Math.min(1, this.#takenMs / windowMs);
    this.#since = now;
    this.#takenMs = 0;
    return this.#share;
  }
}
