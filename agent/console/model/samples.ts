/** The site's watts, once a second, as long as the page is open. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { Rack, Site } from './site.ts';
import { isOffline, NEVER_HEARD_MS } from './site.ts';
import { totals } from './totals.ts';

/** One moment of a chart. */
export type Point = { readonly atMs: Millis; readonly powerW: Watts | undefined; readonly lineW: Watts | undefined };
/** With the racks that were known of then. */
export type Sample = Point & { readonly racks: number };

/** An hour. */
const MOST_SAMPLES = 3_600;
const EVERY_MS = 1_000;
/** Who is silent for longer is no longer waited for, and counted in the headline. */
const LATELY_MS = 30_000;
const ENOUGH = 0.95;

export function sampled(samples: readonly Sample[], site: Site, nowMs: Millis): readonly Sample[] {
  const last = samples.at(-1);
  if (last && nowMs - last.atMs < EVERY_MS) return samples;
  const { powerW, lineW, fresh, racks } = totals(site, nowMs);
  const isNew = nowMs - (samples[0]?.atMs ?? nowMs) < LATELY_MS;
  // A rack that has just fallen silent still draws what it drew, and one that was not heard yet draws too: without them
  // the site only seems to fall, or to climb.
  const isGrowing = isNew && racks > (last?.racks ?? 0);
  const known = !isGrowing && fresh >= ENOUGH * expected(site, nowMs, isNew);
  const sample = { atMs: nowMs, powerW: known ? powerW : undefined, lineW: known ? lineW : undefined, racks };
  return [...samples.slice(1 - MOST_SAMPLES), sample];
}

/** How many racks are there. While the page is new those that it has not heard yet are waited for too. */
function expected({ racks }: Site, nowMs: Millis, isNew: boolean): number {
  const speaks = ({ powerUntilMs }: Rack) =>
    powerUntilMs > nowMs - LATELY_MS || (isNew && powerUntilMs === NEVER_HEARD_MS);
  return [...racks.values()].filter((rack) => !isOffline(rack) && speaks(rack)).length;
}

/** The site's watts just before a moment; undefined when the page was not open then. */
export function powerBefore(samples: readonly Sample[], atMs: Millis): Watts | undefined {
  return samples.findLast((sample) => sample.atMs <= atMs && sample.powerW !== undefined)?.powerW;
}
