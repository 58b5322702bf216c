/** What the rack can give and take from here, as bid curves: watts against the price of energy at which that pays. */
import type { Policy } from '#agent/config/policy.ts';
import { someOf } from '#agent/state/devices.ts';
import { dropS, riseS } from '#agent/state/learn.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf, feedMeter } from '#agent/state/picture.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import { inForce } from '../demand/binding.ts';
import { breakEven, pricesOf } from '../market/earning.ts';
import { quoteOf } from '../market/quote.ts';
import type { Memory, Plan, PlannedDevice } from '../plan.ts';
import { thermalHeadroom } from '../safety/guard.ts';
import { limited } from '../safety/limited.ts';
import type { Allotted, Steerable } from '../share/allocate.ts';
import type { Roster } from '../share/roster.ts';
import { roster } from '../share/roster.ts';
import type { Block, Share } from './curve.ts';
import { curve } from './curve.ts';

export type Offer = {
  /** What fractions and shares of orders refer to. */
  readonly ratedW: Watts;
  /** The cheapest to rest first. */
  readonly down: Side;
  /** What earns most first. */
  readonly up: Side;
  /** The longest that an issuer may order; undefined when nobody may. */
  readonly forS: Seconds | undefined;
};

/** `whyNone` is in words, where there is nothing. */
type Side = { readonly blocks: readonly Block[]; readonly whyNone?: string };

export type OfferParts = {
  readonly picture: Picture;
  readonly policy: Policy;
  readonly memory: Memory;
  readonly plan: Plan;
  readonly rack: string;
};

export function offer({ picture, policy, memory, plan, rack }: OfferParts, now: Now): Offer {
  const prices = pricesOf(quoteOf(inForce(picture, policy, now, rack))?.target, policy);
  const crew = roster({ picture, policy, memory, ours: someOf(picture.devices, memory.moved), now });
  const planned = new Map(plan.devices.map((each) => [each.device, each]));
  const mostOf = bearable(crew.steerable, picture, policy);
  const headroom = thermalHeadroom(picture, policy, now);
  const down: Share[] = [];
  const up: Share[] = [];
  for (const each of crew.steerable) {
    const [device, own] = [deviceOf(picture, each.device), planned.get(each.device)];
    // One that does not do as told can be promised to nobody.
    if (!device || !own || each.stubbornW !== undefined) continue;
    const about = {
      usdPerMwh: breakEven(device, picture, prices),
      joulesPerTh: joulesPerTh(device),
      confidence: confidence(device),
    };
    down.push(...given(each, device, own).map((share) => ({ ...about, ...share })));
    const watts = ((mostOf.get(each.device) ?? each.fullW) - own.expectedW) * headroom(each.device);
    const seconds = riseS(device.facts, own.want.kind === 'asleep' ? 'wake' : 'limit');
    if (watts > 0 && plan.noRaise === undefined) up.push({ ...about, watts, seconds });
  }
  const { ceiling_w, min_w, step_down_w_per_s, step_up_w_per_s } = policy.limits;
  const otherW = feedMeter(picture)?.facts.otherLoadsW ?? 0;
  const drawnW = plan.devices.reduce((sum, { expectedW }) => sum + expectedW, otherW);
  const downBlocks = curve(down, 'least', {
    mostW: drawnW - min_w,
    paceS: (watts) => watts / (step_down_w_per_s ?? Number.POSITIVE_INFINITY),
  });
  const upBlocks = curve(up, 'most', {
    mostW: (ceiling_w ?? Number.POSITIVE_INFINITY) - drawnW,
    paceS: (watts, devices) =>
      watts / (step_up_w_per_s ?? Number.POSITIVE_INFINITY) + (devices - 1) * policy.starts.apart_s,
  });
  return {
    ratedW: crew.ratedW,
    down: side(downBlocks, () => whyNoneAlone(crew) ?? whyNotDown(down, min_w)),
    up: side(upBlocks, () => whyNoneAlone(crew) ?? plan.noRaise ?? whyNotUp(crew, headroom, ceiling_w, drawnW)),
    forS: policy.issuers.length > 0 ? Math.max(...policy.issuers.map((each) => each.max_duration_s)) : undefined,
  };
}

/** Down to its lowest, and to rest beyond that where it can. */
function given(
  { lowest, lowestW, restW }: Steerable,
  { facts }: DeviceView,
  { expectedW }: PlannedDevice,
): Pick<Share, 'watts' | 'seconds'>[] {
  const steps = [{ watts: expectedW - lowestW, seconds: dropS(facts, lowest.kind === 'asleep' ? 'sleep' : 'limit') }];
  if (restW !== undefined) {
    steps.push({ watts: Math.min(expectedW, lowestW) - restW, seconds: dropS(facts, 'sleep') });
  }
  return steps.filter(({ watts }) => watts > 0);
}

/** What each may draw at the most for its breaker, PDU and outlets. */
function bearable(steerable: readonly Steerable[], picture: Picture, policy: Policy): Map<string, Watts> {
  const full = steerable.map(({ device, home, fullW }): Allotted => {
    return { device, want: home, watts: fullW, stubborn: false };
  });
  const sharing = { ordered: steerable, allotted: full, ranking: [], partial: undefined, reserve: undefined };
  return new Map(limited(sharing, picture, policy, []).sharing.allotted.map(({ device, watts }) => [device, watts]));
}

function side(blocks: readonly Block[], whyNone: () => string): Side {
  return blocks.length > 0 ? { blocks } : { blocks, whyNone: whyNone() };
}

function whyNoneAlone({ steerable, leftAlone }: Roster): string | undefined {
  if (steerable.length > 0) return undefined;
  const [first] = leftAlone;
  return first ? `${first.device} is left alone (${first.why}), and so are all others` : 'the rack has no devices';
}

function whyNotDown(down: readonly Share[], minW: Watts): string {
  return down.length > 0
    ? `the rack is at the policy’s minimum of ${Math.round(minW)} W`
    : 'all that can be told to go down is down';
}

function whyNotUp(
  { steerable }: Roster,
  headroom: (device: string) => number,
  ceilingW: Watts | undefined,
  drawnW: Watts,
): string {
  if (ceilingW !== undefined && ceilingW - drawnW < 1) return `the rack is at the policy’s ceiling of ${ceilingW} W`;
  return steerable.some(({ device }) => headroom(device) < 1)
    ? 'the inlet leaves room for no more'
    : 'all that can be told to run runs in full';
}

function joulesPerTh({ facts, reading }: DeviceView): number | undefined {
  const ths = reading?.ratedHashrateThs;
  return ths === undefined || ths <= 0 ? undefined : facts.ratedW / ths;
}

function confidence({ facts: { learned } }: DeviceView): number | undefined {
  return learned?.failureOdds === undefined ? undefined : 1 - learned.failureOdds;
}
