/** How far the browser's clock and the racks' clocks are apart. */
import type { Millis } from '#protocol/units.ts';
import type { Site } from './site.ts';

/** Of more than this a rack refuses orders, unless its policy says otherwise. */
const TOLERANCE_MS = 5_000;

export type Skew = {
  /** The browser's clock ahead of the median rack's, the way of its messages included. */
  readonly medianMs: Millis;
  /** Racks further from the median than the tolerance: their own clocks are wrong. */
  readonly apart: readonly string[];
};

/** undefined until a rack was heard live. */
export function skewOf({ racks }: Site): Skew | undefined {
  const known = [...racks.values()].flatMap(({ id, skewMs }) => (skewMs === undefined ? [] : [{ id, skewMs }]));
  const sorted = known.map(({ skewMs }) => skewMs).sort((a, b) => a - b);
  const medianMs = sorted[Math.floor(sorted.length / 2)];
  if (medianMs === undefined) return undefined;
  const apart = known.filter(({ skewMs }) => Math.abs(skewMs - medianMs) > TOLERANCE_MS).map(({ id }) => id);
  return { medianMs, apart };
}
