/** Prices to stances: what rests because energy costs more than it earns, and what takes more because it is paid for. */
import type { Policy } from '#agent/config/policy.ts';
import { entryOf } from '#agent/state/entry.ts';
import { riseS } from '#agent/state/learn.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Binding } from '#agent/state/orders.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { devicesOf } from '#agent/state/picture.ts';
import { staggerMs } from '../stagger.ts';
import type { Prices } from './earning.ts';
import { breakEven, pricesOf } from './earning.ts';
import type { Quote } from './quote.ts';
import { quoteOf } from './quote.ts';
import type { Stance, Standing } from './stance.ts';
import { weigh } from './stance.ts';

/** By device; only of those that a price has moved, or is about to. */
export type Standings = Readonly<Record<string, Standing>>;

export type Moved = { readonly stance: Exclude<Stance, 'home'>; readonly why: string };
export type Market = {
  readonly moved: ReadonlyMap<string, Moved>;
  readonly standings: Standings;
  /** Those that count now: of the order that does, else the policy's. */
  readonly prices: Prices;
  /** The order whose prices count, and what came of them, in words; undefined when none names any. */
  readonly told: Told | undefined;
};
export type Told = { readonly issuer: string; readonly order: string; readonly says: string };

export type MarketParts = {
  /** Orders in force, of which those with prices count. */
  readonly orders: readonly Binding[];
  readonly picture: Picture;
  readonly policy: Policy;
  readonly before: Standings;
  readonly mayRaise: boolean;
  readonly now: Now;
  readonly rack: string;
};

export function market(parts: MarketParts): Market {
  const { orders, picture, policy, before } = parts;
  const quote = quoteOf(orders);
  const moved = new Map<string, Moved>();
  const prices = pricesOf(quote?.target, policy);
  if (!quote && Object.keys(before).length === 0) return { moved, standings: before, prices, told: undefined };
  const energy = quote?.target.energy_usd_per_mwh;
  const standings: Record<string, Standing> = {};
  for (const device of devicesOf(picture)) {
    const { id } = device.facts;
    const earns = breakEven(device, picture, prices);
    const standing = stand(device, energy, earns, parts);
    if (standing.stance !== 'home' || standing.wish || standing.rests.length > 0) standings[id] = standing;
    if (standing.stance === 'home') continue;
    const by = quote ? `${quote.order.program} of ${quote.order.issuer}` : 'prices are no longer told';
    moved.set(id, { stance: standing.stance, why: `${by}: ${whyMoved(standing.stance, energy, earns)}` });
  }
  return { moved, standings, prices, told: quote && told(quote, prices, standings) };
}

/** Those that wait for their turn are counted with those that have had it. */
function told({ order: { issuer, id }, target }: Quote, prices: Prices, standings: Standings): Told {
  const asked = Object.values(standings).map(({ stance, wish }) => wish?.stance ?? stance);
  const [rest, take] = (['rest', 'take'] as const).map((stance) => asked.filter((each) => each === stance).length);
  const energy = `energy at ${target.energy_usd_per_mwh.toFixed(2)} USD/MWh`;
  const unknown = prices.hashUsdPerPhDay === undefined ? '; no price of hash is known, so no miner rests for it' : '';
  return { issuer, order: id, says: `${energy}: ${rest} to rest, ${take} to take more than at home${unknown}` };
}

function stand(
  { facts }: DeviceView,
  energy: number | undefined,
  earns: number | undefined,
  { before, mayRaise, policy, now, rack }: MarketParts,
): Standing {
  const { id } = facts;
  const standing = entryOf(before, id) ?? { stance: 'home', since: Number.MIN_SAFE_INTEGER, rests: [] };
  const place = staggerMs(rack, `market ${id}`, 1) / 1000;
  // While it comes back it draws its power and earns nothing.
  const restartCost = facts.controls['wake']?.restarts ? riseS(facts, 'wake') / policy.market.spell_s : 0;
  return weigh(standing, { energy, breakEven: earns, restartCost, place, mayRaise, wall: now.wall }, policy);
}

function whyMoved(stance: Moved['stance'], energy: number | undefined, earns: number | undefined): string {
  if (energy === undefined) return 'it waits for its turn to go home';
  const cost = `energy at ${energy.toFixed(2)} USD/MWh`;
  if (stance === 'take') return `${cost} is paid for being taken`;
  return earns === undefined ? cost : `${cost} costs more than the ${earns.toFixed(2)} it earns`;
}
