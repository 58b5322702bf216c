/** The columns of the site's chart: what was, second by second, and where it should go. */
import type { Millis, Seconds } from '#protocol/units.ts';
import type { Envelope } from './envelope.ts';
import { bandAt } from './envelope.ts';
import type { Point } from './samples.ts';

/** Time in seconds, then kilowatts; null where nothing is known. */
export type Columns = {
  readonly timeS: readonly Seconds[];
  readonly powerKw: readonly (number | null)[];
  readonly lineKw: readonly (number | null)[];
  readonly lowKw: readonly (number | null)[];
  readonly highKw: readonly (number | null)[];
};

/** The part of the chart that lies ahead of now. */
const AHEAD = 0.12;
const STEPS_AHEAD = 40;

export function columnsOf(
  samples: readonly Point[],
  envelope: Envelope | undefined,
  nowMs: Millis,
  windowMs: Millis,
): Columns {
  const past = samples.filter(({ atMs }) => atMs >= nowMs - windowMs);
  const stepMs = (AHEAD * windowMs) / STEPS_AHEAD;
  const ahead = Array.from({ length: STEPS_AHEAD }, (_, i) => nowMs + (i + 1) * stepMs);
  const times = [...past.map(({ atMs }) => atMs), ...ahead];
  const bands = times.map((atMs) => (envelope ? bandAt(envelope, atMs) : undefined));
  const nothing = ahead.map(() => null);
  return {
    timeS: times.map((ms) => ms / 1000),
    powerKw: [...past.map(({ powerW }) => kw(powerW)), ...nothing],
    lineKw: [...past.map(({ lineW }) => kw(lineW)), ...nothing],
    lowKw: bands.map((band) => kw(band?.low)),
    highKw: bands.map((band) => kw(band?.high)),
  };
}

/** From the left to the right edge: all that is known, at most the window, and no less than a minute. */
export function spanOf(samples: readonly Point[], nowMs: Millis, windowMs: Millis): [Seconds, Seconds] {
  const known = nowMs - (samples[0]?.atMs ?? nowMs);
  const shownMs = Math.min(windowMs, Math.max(known, 60_000));
  return [(nowMs - shownMs) / 1000, (nowMs + AHEAD * shownMs) / 1000];
}

function kw(watts: number | undefined): number | null {
  return watts === undefined ? null : watts / 1000;
}
