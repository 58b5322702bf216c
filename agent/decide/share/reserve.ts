/**
 * Watts cut beyond what is asked, since devices are known to fail at the first asking: just as many as it takes to meet
 * the cut with the confidence that the policy states. None where nobody is known to fail.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import { shows } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import { sum } from '../sum.ts';
import type { Allotted, Steerable } from './allocate.ts';
import { allocate } from './allocate.ts';

/** Thought over when the level changes, and not while devices answer: each answer changes what is known of them. */
export type Reserve = {
  /** The level, as ordered, that it was thought over for. */
  readonly askedW: Watts;
  readonly watts: Watts;
  /** What was known not to go down by then, and so is no part of it. */
  readonly stubbornW: Watts;
};

export type Risky = {
  readonly steerable: readonly Steerable[];
  readonly budgetW: Watts;
  readonly picture: Picture;
  readonly confidence: Policy['confidence'];
};

/** What differs by less is met. */
const NEAR_W: Watts = 1;
/** Part of the cut by which the reserve grows at the least: the next device may be of no use before it is down whole. */
const LEAST_STEP = 0.02;
const MOST_STEPS = 64;

/** What is missing with the stated confidence is added, and cannot be too much: a watt that is asked brings one at most. */
export function reserveFor(risky: Risky, askedW: Watts): Reserve {
  const { steerable, budgetW } = risky;
  const plain = allocate(steerable, budgetW, 'any');
  const neededW = sum(steerable.map(({ homeW }) => homeW)) - Math.max(budgetW, sum(plain.map(({ watts }) => watts)));
  const none = { askedW, watts: 0, stubbornW: beyondPlanW(steerable, plain) };
  const leastW = sum(steerable.map(({ stubbornW, restW, lowestW }) => stubbornW ?? restW ?? lowestW));
  let watts = 0;
  let allotted = plain;
  for (let step = 0; step < MOST_STEPS; step++) {
    const missingW = neededW - surelyW(allotted, risky);
    const allDown = sum(allotted.map((each) => each.watts)) <= leastW + NEAR_W;
    if (missingW <= NEAR_W || allDown) break;
    watts += Math.max(missingW, neededW * LEAST_STEP);
    allotted = allocate(steerable, budgetW - watts, 'any');
  }
  return { ...none, watts };
}

/** What is left of it: for those that have failed since, others have been cut already. */
export function leftOf(
  { watts, stubbornW }: Reserve,
  steerable: readonly Steerable[],
  plain: readonly Allotted[],
): Watts {
  return Math.max(0, watts - Math.max(0, beyondPlanW(steerable, plain) - stubbornW));
}

function beyondPlanW(steerable: readonly Steerable[], allotted: readonly Allotted[]): Watts {
  return sum(allotted.map(({ stubborn, watts }, i) => (stubborn ? watts - (steerable[i]?.lowestW ?? watts) : 0)));
}

/** Watts that this cut brings with the stated confidence. */
function surelyW(allotted: readonly Allotted[], { steerable, picture, confidence }: Risky): Watts {
  let cutW = 0;
  const risks: Risk[] = [];
  for (const [i, { device, want, watts }] of allotted.entries()) {
    const own = (steerable[i]?.homeW ?? watts) - watts;
    if (own <= 0) continue;
    cutW += own;
    const view = deviceOf(picture, device);
    const odds = view?.facts.learned?.failureOdds ?? 0;
    // What it shows already has not failed.
    if (view && odds > 0 && !shows(view, want)) risks.push({ watts: own, odds });
  }
  return cutW - lossW(risks, confidence);
}

type Risk = { readonly watts: Watts; readonly odds: number };

/** More than so many are taken together as a normal distribution; fewer would make a poor one. */
const MANY = 64;
/** Into so many parts the loss of all of them is divided. */
const PARTS = 1024;
/** Standard deviations above the mean, by confidence. */
const DEVIATIONS: Readonly<Record<Policy['confidence'], number>> = { 0.5: 0, 0.9: 1.282, 0.95: 1.645, 0.99: 2.326 };

/** No more than this is lost, with the stated confidence, if each fails for itself. */
function lossW(risks: readonly Risk[], confidence: Policy['confidence']): Watts {
  if (risks.length > MANY) {
    const meanW = sum(risks.map(({ watts, odds }) => odds * watts));
    const variance = sum(risks.map(({ watts, odds }) => odds * (1 - odds) * watts * watts));
    return meanW + DEVIATIONS[confidence] * Math.sqrt(variance);
  }
  const partW = sum(risks.map(({ watts }) => watts)) / PARTS;
  const chances = new Float64Array(PARTS + MANY);
  chances[0] = 1;
  for (const { watts, odds } of risks) {
    const parts = Math.round(watts / partW);
    for (let at = chances.length - 1; at >= 0; at--) {
      const failed = at >= parts ? (chances[at - parts] ?? 0) : 0;
      chances[at] = (chances[at] ?? 0) * (1 - odds) + failed * odds;
    }
  }
  let sure = 0;
  for (const [at, chance] of chances.entries()) {
    sure += chance;
    if (sure >= confidence - ROUNDING) return at * partW;
  }
  return PARTS * partW;
}

const ROUNDING = 1e-9;
