/** What the rack can give and take from here, as a bid curve: watts against the price of energy at which that pays. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import type { Prices } from '../market/earning.ts';
import { breakEven } from '../market/earning.ts';
import type { Memory, Plan } from '../plan.ts';
import { roster } from '../roster.ts';
import { dropS, riseS } from '../timing.ts';

/** Devices that cost the same and are as fast. */
export type Block = {
  readonly watts: Watts;
  /** USD per MWh: from here on resting pays, up to here running does; undefined when no price is known. */
  readonly usdPerMwh: number | undefined;
  readonly seconds: Seconds;
  /** Share of the watts that come at the first asking, 0 to 1, as learned; undefined until it is learned of all. */
  readonly confidence: number | undefined;
  readonly devices: number;
};

export type Offer = {
  /** What fractions and shares of orders refer to. */
  readonly ratedW: Watts;
  /** The cheapest to rest first. */
  readonly down: readonly Block[];
  /** What earns most first. */
  readonly up: readonly Block[];
  /** The longest that an issuer may order; undefined when nobody may. */
  readonly forS: Seconds | undefined;
};

type Share = Omit<Block, 'devices'>;

/** `headroom` is the share of its rise that heat leaves the rack, 0 to 1. */
export function offer({ picture, policy, memory, plan, prices, headroom }: OfferParts, now: Now): Offer {
  const { steerable, ratedW } = roster(picture, policy, memory, now);
  const planned = new Map(plan.devices.map((each) => [each.device, each]));
  const down: Share[] = [];
  const up: Share[] = [];
  for (const { device: id, lowest, lowestW, fullW } of steerable) {
    const [device, own] = [picture.devices[id], planned.get(id)];
    if (!device || !own || own.stubborn) continue;
    const about = { usdPerMwh: breakEven(device, picture, prices), confidence: confidence(device) };
    if (own.expectedW > lowestW)
      down.push({ ...about, watts: own.expectedW - lowestW, seconds: dropS(device, lowest) });
    const risesW = (fullW - own.expectedW) * headroom;
    if (risesW > 0) up.push({ ...about, watts: risesW, seconds: riseS(device, own.want) });
  }
  return {
    ratedW,
    down: blocks(down).sort((a, b) => priced(a, Number.POSITIVE_INFINITY) - priced(b, Number.POSITIVE_INFINITY)),
    up: blocks(up).sort((a, b) => priced(b, Number.NEGATIVE_INFINITY) - priced(a, Number.NEGATIVE_INFINITY)),
    forS: policy.issuers.length > 0 ? Math.max(...policy.issuers.map((each) => each.max_duration_s)) : undefined,
  };
}

export type OfferParts = {
  readonly picture: Picture;
  readonly policy: Policy;
  readonly memory: Memory;
  readonly plan: Plan;
  readonly prices: Prices;
  readonly headroom: number;
};

/** What nobody can price comes last either way. */
function priced({ usdPerMwh }: Block, otherwise: number): number {
  return usdPerMwh ?? otherwise;
}

function confidence({ facts: { learned } }: DeviceView): number | undefined {
  return learned?.failureOdds === undefined ? undefined : 1 - learned.failureOdds;
}

function blocks(shares: readonly Share[]): Block[] {
  const alike = Map.groupBy(shares, ({ usdPerMwh, seconds }) => `${usdPerMwh?.toFixed(2)} ${seconds.toFixed(1)}`);
  return [...alike.values()].map((some) => {
    const watts = some.reduce((sum, each) => sum + each.watts, 0);
    const known = some.every((each) => each.confidence !== undefined);
    const sure = some.reduce((sum, each) => sum + each.watts * (each.confidence ?? 0), 0) / watts;
    const [{ usdPerMwh, seconds } = { usdPerMwh: undefined, seconds: 0 }] = some;
    return { watts, usdPerMwh, seconds, confidence: known ? sure : undefined, devices: some.length };
  });
}
