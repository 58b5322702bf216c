/** Whether the meter proves a level: the only one of the three truths that counts as delivered. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Watts } from '#protocol/units.ts';

export type Proof =
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'under'; readonly meanW: Watts }
  | { readonly kind: 'over'; readonly meanW: Watts; readonly overByW: Watts };

/** Part of the level that the mean may stand above it, where the meter's resolution is finer. */
const TOLERANCE = 0.01;
/** Samples that a mean needs at the least. */
const LEAST_SAMPLES = 3;

/** The mean of the last window against `levelW`, on a feed meter that covers every device of `cut`. */
export function proves(picture: Picture, policy: Policy, cut: readonly string[], levelW: Watts, now: Now): Proof {
  const meter = feedMeter(picture);
  if (!meter) return { kind: 'unknown', why: 'the rack has no feed meter' };
  const { id, covers, resolutionW } = meter.facts;
  const outside = covers === 'all' ? undefined : cut.find((device) => !covers.includes(device));
  if (outside !== undefined) return { kind: 'unknown', why: `meter ${id} does not cover ${outside}` };
  if (!freshMeter(meter, now)) {
    return { kind: 'unknown', why: `meter ${id} is silent: ${meter.trouble?.message ?? 'no reading yet'}` };
  }
  const from = now.mono - policy.meter_window_s * 1000;
  const window = meter.samples.filter(({ mono }) => mono > from);
  if (window.length < LEAST_SAMPLES) return { kind: 'unknown', why: `meter ${id} has too few readings yet` };
  const meanW = window.reduce((sum, { powerW }) => sum + powerW, 0) / window.length;
  const overByW = meanW - levelW;
  if (overByW <= Math.max(levelW * TOLERANCE, resolutionW)) return { kind: 'under', meanW };
  return { kind: 'over', meanW, overByW };
}
