/** A quantity that follows its settings in time, worked out when somebody looks: no timers, exact at any moment. */
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';

/** `overMs`: the whole way takes that long. `tauMs`: the time constant, 63 % of the way; 95 % takes three. */
type Ramp = { shape: 'linear'; overMs: Millis } | { shape: 'exponential'; tauMs: Millis };

/** One movement. `afterMs` is the dead time, counted from the moment the movement was ordered. */
export type Leg = { afterMs: Millis; to: number; ramp: Ramp };

/** A leg under way. `area` is the integral of the quantity up to its start, in units times milliseconds. */
type Segment = { atMs: Millis; from: number; to: number; ramp: Ramp; area: number };

export class Trajectory {
  #clock: Pick<SimulatorClock, 'monotonic'>;
  #first: Segment;
  #later: Segment[] = [];

  constructor(clock: Pick<SimulatorClock, 'monotonic'>, value: number) {
    this.#clock = clock;
    this.#first = { atMs: clock.monotonic(), from: value, to: value, ramp: { shape: 'linear', overMs: 0 }, area: 0 };
  }

  /** The value now, or at any moment; before the start it was what it started as. */
  value(atMs: Millis = this.#clock.monotonic()): number {
    const { from, to, ramp, atMs: startMs } = this.#segment(atMs);
    return from + (to - from) * progress(ramp, Math.max(0, atMs - startMs));
  }

  /** The integral since the start, in units times milliseconds. */
  area(atMs: Millis = this.#clock.monotonic()): number {
    const { from, to, ramp, atMs: startMs, area } = this.#segment(atMs);
    const elapsedMs = Math.max(0, atMs - startMs);
    return area + from * elapsedMs + (to - from) * progressArea(ramp, elapsedMs);
  }

  /** Drops what had not begun yet and takes these legs, earliest first. A leg under way goes on until the first. */
  follow(legs: Leg[]): void {
    const nowMs = this.#clock.monotonic();
    this.#later = this.#later.filter((segment) => segment.atMs <= nowMs);
    for (const { afterMs, to, ramp } of legs) {
      const atMs = nowMs + afterMs;
      this.#later.push({ atMs, from: this.value(atMs), to, ramp, area: this.area(atMs) });
    }
  }

  /** Moves to `value`, at once or evenly over `overMs`. */
  moveTo(value: number, overMs: Millis = 0): void {
    this.follow([{ afterMs: 0, to: value, ramp: { shape: 'linear', overMs } }]);
  }

  #segment(atMs: Millis): Segment {
    return this.#later.findLast((segment) => segment.atMs <= atMs) ?? this.#first;
  }
}

/** How much of the way is done after `elapsedMs`, 0 to 1. */
function progress(ramp: Ramp, elapsedMs: Millis): number {
  if (ramp.shape === 'linear') return elapsedMs < ramp.overMs ? elapsedMs / ramp.overMs : 1;
  return ramp.tauMs > 0 ? 1 - Math.exp(-elapsedMs / ramp.tauMs) : 1;
}

/** The integral of `progress` from 0 to `elapsedMs`. */
function progressArea(ramp: Ramp, elapsedMs: Millis): number {
  if (ramp.shape === 'exponential') return elapsedMs - ramp.tauMs * progress(ramp, elapsedMs);
  return elapsedMs < ramp.overMs ? elapsedMs ** 2 / (2 * ramp.overMs) : elapsedMs - ramp.overMs / 2;
}
