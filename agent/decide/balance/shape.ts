/** The recent shape of the AI load, and for how long a pause must last before miners fill it. Pure. */
import type { Millis, Watts } from '#protocol/units.ts';

export type Look = { readonly mono: Millis; readonly watts: Watts };

/** What is remembered of the AI load. */
export type Shape = {
  /** Oldest first, over `SHAPE_SPAN_MS`. */
  readonly looks: readonly Look[];
  /** The load counts as the highest within this span; undefined until enough has been seen. */
  readonly holdMs?: Millis;
  /** When `holdMs` was last thought over. */
  readonly chosenAt: Millis;
};

export const flat: Shape = { looks: [], chosenAt: 0 };

const SHAPE_SPAN_MS: Millis = 60_000;
/** Less than this says nothing about the next minute. */
const LEAST_SPAN_MS: Millis = 10_000;
const CHOOSE_MS: Millis = 1000;
const HOLDS_MS: readonly Millis[] = [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, SHAPE_SPAN_MS];

/** Adds a look, and thinks the hold over once a second. `delayMs` is what the miners take to follow. */
export function withLook(shape: Shape, look: Look, delayMs: Millis, aiTime: number): Shape {
  const last = shape.looks.at(-1);
  const known = last?.mono === look.mono ? shape.looks : [...shape.looks, look];
  const from = known.findIndex(({ mono }) => mono >= look.mono - SHAPE_SPAN_MS);
  const looks = from > 0 ? known.slice(from) : known;
  const { holdMs: before } = shape;
  if (look.mono - shape.chosenAt < CHOOSE_MS) return { ...shape, looks };
  const seenMs = look.mono - (looks[0]?.mono ?? look.mono);
  const holdMs = seenMs < LEAST_SPAN_MS ? before : chosenHold(looks, delayMs, aiTime);
  return { looks, chosenAt: look.mono, ...(holdMs !== undefined && { holdMs }) };
}

/** The highest within the hold; undefined while none is chosen. */
export function peakW({ looks, holdMs }: Shape): Watts | undefined {
  const last = looks.at(-1);
  if (!last || holdMs === undefined) return undefined;
  return Math.max(...looks.filter(({ mono }) => mono >= last.mono - holdMs).map(({ watts }) => watts));
}

/** Of the holds that cost no more AI time than they may, the one that would have left the level the calmest. */
function chosenHold(looks: readonly Look[], delayMs: Millis, aiTime: number): Millis | undefined {
  const outcomes = HOLDS_MS.map((holdMs) => ({ holdMs, ...outcome(looks, holdMs, delayMs) }));
  const affordable = outcomes.filter(({ lost }) => lost <= aiTime);
  const steadiest = affordable.at(-1);
  const [calmest] = affordable.sort((a, b) => a.variance - b.variance);
  return calmest && steadiest && calmest.variance < steadiest.variance * WORTHWHILE
    ? calmest.holdMs
    : steadiest?.holdMs;
}

/** Chasing pauses must have left so much less of the variance that is there without. */
const WORTHWHILE = 0.8;

/** What would have come of it, had the miners made room for the peak of the hold alone. */
export type Outcome = {
  /** Share of the load that would have waited under a cap. */
  readonly lost: number;
  /** Of what the miners' part and the load had come to together, W². */
  readonly variance: number;
};

export function outcome(looks: readonly Look[], holdMs: Millis, delayMs: Millis): Outcome {
  const peaks = slidingPeaks(looks, holdMs);
  const residuals: Watts[] = [];
  let asked = 0;
  let waited = 0;
  let seen = 0;
  for (const { mono, watts } of looks) {
    // The newest peak that the miners have followed by then.
    while (seen + 1 < looks.length && (looks[seen + 1]?.mono ?? 0) <= mono - delayMs) seen += 1;
    if ((looks[seen]?.mono ?? 0) > mono - delayMs) continue;
    const roomW = peaks[seen] ?? 0;
    const waitsW = Math.max(0, watts - roomW * (1 + NOISE));
    asked += watts;
    waited += waitsW;
    residuals.push(watts - waitsW - roomW);
  }
  return { lost: asked > 0 ? waited / asked : 0, variance: variance(residuals) };
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** A load that wavers by less is steady. */
const NOISE = 0.03;

/** For each look the highest of those within `holdMs` before it, in one pass. */
function slidingPeaks(looks: readonly Look[], holdMs: Millis): Watts[] {
  const falling: Look[] = [];
  let first = 0;
  return looks.map((look) => {
    while (falling.length > first && (falling.at(-1)?.watts ?? 0) <= look.watts) falling.pop();
    falling.push(look);
    first = Math.min(first, falling.length - 1);
    while ((falling[first]?.mono ?? 0) < look.mono - holdMs) first += 1;
    return falling[first]?.watts ?? look.watts;
  });
}
