/** What the rack can give and take from here, as a bid curve: watts against the price of energy at which that pays. */
import type { Policy } from '#agent/config/policy.ts';
import { someOf } from '#agent/state/devices.ts';
import { dropS, riseS } from '#agent/state/learn.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import { inForce } from '../binding.ts';
import { thermalHeadroom } from '../guard.ts';
import { breakEven, pricesOf } from '../market/earning.ts';
import { quoteOf } from '../market/quote.ts';
import type { Memory, Plan } from '../plan.ts';
import { roster } from '../roster.ts';

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

export type OfferParts = {
  readonly picture: Picture;
  readonly policy: Policy;
  readonly memory: Memory;
  readonly plan: Plan;
  readonly rack: string;
};

export function offer({ picture, policy, memory, plan, rack }: OfferParts, now: Now): Offer {
  const prices = pricesOf(quoteOf(inForce(picture, policy, now, rack))?.target, policy);
  const headroom = plan.noRaise === undefined ? thermalHeadroom(picture, policy, now) : () => 0;
  const { steerable, ratedW } = roster({ picture, policy, memory, ours: someOf(picture.devices, memory.moved), now });
  const planned = new Map(plan.devices.map((each) => [each.device, each]));
  const down: Share[] = [];
  const up: Share[] = [];
  for (const { device: id, lowest, lowestW, fullW, stubbornW } of steerable) {
    const [device, own] = [deviceOf(picture, id), planned.get(id)];
    // One that does not do as told can be promised to nobody.
    if (!device || !own || stubbornW !== undefined) continue;
    const about = { usdPerMwh: breakEven(device, picture, prices), confidence: confidence(device) };
    if (own.expectedW > lowestW)
      down.push({
        ...about,
        watts: own.expectedW - lowestW,
        seconds: dropS(device.facts, lowest.kind === 'asleep' ? 'sleep' : 'limit'),
      });
    const risesW = (fullW - own.expectedW) * headroom(id);
    if (risesW > 0)
      up.push({ ...about, watts: risesW, seconds: riseS(device.facts, own.want.kind === 'asleep' ? 'wake' : 'limit') });
  }
  // What nobody can price comes last either way.
  const rising = ({ usdPerMwh }: Block) => usdPerMwh ?? Number.POSITIVE_INFINITY;
  const falling = ({ usdPerMwh }: Block) => -(usdPerMwh ?? Number.NEGATIVE_INFINITY);
  return {
    ratedW,
    down: blocks(down).sort((a, b) => compared(rising(a), rising(b)) || a.seconds - b.seconds),
    up: blocks(up).sort((a, b) => compared(falling(a), falling(b)) || a.seconds - b.seconds),
    forS: policy.issuers.length > 0 ? Math.max(...policy.issuers.map((each) => each.max_duration_s)) : undefined,
  };
}

/** Of infinities too, whose difference is no number. */
function compared(a: number, b: number): number {
  return a === b ? 0 : a - b;
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
