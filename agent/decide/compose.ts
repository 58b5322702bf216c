/** Orders and local limits -> one ceiling. The lowest wins; every contributor is kept as a reason. */
import type { Policy } from '#agent/config/policy.ts';
import type { Binding } from '#agent/state/orders.ts';
import type { Amount, Target } from '#protocol/order.ts';
import type { Watts, WattsPerSecond } from '#protocol/units.ts';

export type Envelope = {
  /** undefined: nothing binds. */
  readonly ceilingW: Watts | undefined;
  readonly why: string;
  /** The slowest ramps asked for; undefined for as fast as the rack can. */
  readonly downWPerS: WattsPerSecond | undefined;
  readonly upWPerS: WattsPerSecond | undefined;
  /** `issuer/event` of every order that binds. */
  readonly events: readonly string[];
};

export function eventKey({ issuer, event }: { issuer: string; event: string }): string {
  return `${issuer}/${event}`;
}

/** Watts one order allows this rack; undefined for a target that sets no ceiling. */
export function ceilingOf(target: Target, ratedW: Watts): Watts | undefined {
  return target.kind === 'ceiling' ? wattsOf(target, ratedW) : undefined;
}

export function compose(bindings: readonly Binding[], ratedW: Watts, { limits }: Policy): Envelope {
  const ceilings = bindings.flatMap(({ accepted: { order }, interval }) => {
    const watts = ceilingOf(interval.target, ratedW);
    // Local policy outranks every order: none takes the rack below its minimum.
    return watts === undefined ? [] : [{ order, watts: Math.max(watts, limits.min_w), raised: watts < limits.min_w }];
  });
  const lowest = ceilings.reduce<(typeof ceilings)[number] | undefined>(
    (a, b) => (a && a.watts <= b.watts ? a : b),
    undefined,
  );
  const local = limits.ceiling_w;
  const byOrder = lowest !== undefined && (local === undefined || lowest.watts <= local);
  const why = byOrder
    ? `${lowest.order.program} of ${lowest.order.issuer}: at most ${Math.round(lowest.watts)} W${lowest.raised ? ', the policy’s minimum' : ''}`
    : local === undefined
      ? 'no order binds'
      : `the policy’s ceiling: at most ${Math.round(local)} W`;
  return {
    ceilingW: byOrder ? lowest.watts : local,
    why,
    downWPerS: slowest(ceilings.map(({ order }) => order.ramp.down_w_per_s)),
    upWPerS: slowest(ceilings.map(({ order }) => order.ramp.up_w_per_s)),
    events: [...new Set(ceilings.map(({ order }) => eventKey(order)))],
  };
}

function wattsOf(amount: Amount, ofW: Watts): Watts {
  if (amount.fraction !== undefined) return amount.fraction * ofW;
  const watts = amount.watts ?? 0;
  return amount.of_w === undefined ? watts : (watts * ofW) / amount.of_w;
}

export function slowest(rates: readonly (WattsPerSecond | null | undefined)[]): WattsPerSecond | undefined {
  const set = rates.filter((rate): rate is number => rate !== null && rate !== undefined);
  return set.length ? Math.min(...set) : undefined;
}
