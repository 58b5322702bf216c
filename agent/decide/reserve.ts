/**
 * Watts cut beyond what is asked, since devices are known to fail at the first asking: just as many as it takes to meet
 * the cut with the confidence that the policy states. None where nobody is known to fail.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import type { Watts } from '#protocol/units.ts';
import type { Allotted, Steerable } from './allocate.ts';

/** Standard deviations above the mean loss, by confidence. */
const DEVIATIONS: Readonly<Record<Policy['confidence'], number>> = { 0.5: 0, 0.9: 1.282, 0.95: 1.645, 0.99: 2.326 };

/** `allotted` is what meets the cut if all do as told. */
export function reserveW(
  ordered: readonly Steerable[],
  allotted: readonly Allotted[],
  picture: Picture,
  { confidence }: Pick<Policy, 'confidence'>,
): Watts {
  let lossW = 0;
  let variance = 0;
  for (const [i, { device, watts, stubborn }] of allotted.entries()) {
    const odds = deviceOf(picture, device)?.facts.learned?.failureOdds ?? 0;
    const cutW = (ordered[i]?.homeW ?? watts) - watts;
    // One that is known not to go down has been made up for already.
    if (odds === 0 || cutW <= 0 || stubborn) continue;
    lossW += odds * cutW;
    variance += odds * (1 - odds) * cutW * cutW;
  }
  return lossW + DEVIATIONS[confidence] * Math.sqrt(variance);
}
