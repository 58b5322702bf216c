/** The site's watts, once a second, as long as the page is open. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { Site } from './site.ts';
import { totals } from './totals.ts';

export type Sample = { readonly atMs: Millis; readonly powerW: Watts | undefined; readonly lineW: Watts | undefined };

/** An hour. */
const MOST_SAMPLES = 3_600;
const EVERY_MS = 1_000;

export function sampled(samples: readonly Sample[], site: Site, nowMs: Millis): readonly Sample[] {
  const last = samples.at(-1);
  if (last && nowMs - last.atMs < EVERY_MS) return samples;
  const { powerW, lineW } = totals(site, nowMs);
  return [...samples.slice(1 - MOST_SAMPLES), { atMs: nowMs, powerW, lineW }];
}

/** The site's watts just before a moment; undefined when the page was not open then. */
export function powerBefore(samples: readonly Sample[], atMs: Millis): Watts | undefined {
  return samples.findLast((sample) => sample.atMs <= atMs && sample.powerW !== undefined)?.powerW;
}
