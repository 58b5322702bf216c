/** Whether the meter proves a level: the only one of the three truths that counts as delivered. */
import type { Policy } from '#agent/config/policy.ts';
import { estimated } from '#agent/state/estimate.ts';
import { whyUnheard } from '#agent/state/frozen.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { samplesAfter } from '#agent/state/series.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Watts } from '#protocol/units.ts';
import type { Level } from '../demand/level.ts';

export type Proof =
  | { readonly kind: 'met'; readonly meanW: Watts }
  /** The meter has only begun to speak, as after a start. */
  | { readonly kind: 'early' }
  /** `why` says by how much, or what keeps the meter from telling. */
  | { readonly kind: 'missed' | 'unknown'; readonly why: string };

/** Part of the level by which the mean may be on its wrong side, or beside a setpoint; the meter's resolution if coarser. */
const ABOVE = 0.01;
const BESIDE = 0.03;
/** Samples that a mean needs at the least. */
const LEAST_SAMPLES = 3;

/** The mean of the last window against the level, on a feed meter that covers every device of `cut`. */
export function proves(picture: Picture, policy: Policy, cut: readonly string[], level: Level, now: Now): Proof {
  const meter = feedMeter(picture);
  if (!meter) return { kind: 'unknown', why: 'the rack has no feed meter' };
  const { id, covers, resolutionW } = meter.facts;
  const covered = covers === 'all' ? undefined : new Set(covers);
  const outside = covered && cut.find((device) => !covered.has(device));
  if (outside !== undefined) return { kind: 'unknown', why: `meter ${id} does not cover ${outside}` };
  const from = now.mono - policy.meter_window_s * 1000;
  const window = samplesAfter(meter, from);
  if (!meter.trouble && window.length === meter.samples.length) return { kind: 'early' };
  if (!freshMeter(meter, now)) {
    return { kind: 'unknown', why: whyUnheard(meter) + estimate(picture, now) };
  }
  if (window.length < LEAST_SAMPLES) return { kind: 'unknown', why: `meter ${id} has too few readings yet` };
  const meanW = window.reduce((sum, { powerW }) => sum + powerW, 0) / window.length;
  const offW = meanW - level.watts;
  const nearW = Math.max(level.watts * (level.kind === 'exactly' ? BESIDE : ABOVE), resolutionW);
  if (offW > nearW && level.kind !== 'atLeast') {
    return { kind: 'missed', why: `the meter’s mean is ${Math.round(offW)} W over the level` };
  }
  if (-offW > nearW && level.kind !== 'atMost') {
    const which = level.kind === 'exactly' ? 'setpoint' : 'floor';
    return { kind: 'missed', why: `the meter’s mean is ${Math.round(-offW)} W under the ${which}` };
  }
  return { kind: 'met', meanW };
}

/** No proof, but better than nothing for who must decide what to do. */
function estimate(picture: Picture, now: Now): string {
  const guess = estimated(picture, now);
  return guess ? `; estimate by the ${guess.from}: ${Math.round(guess.watts)} W` : '';
}
