/** What one target asks of this rack, in watts. */
import type { Amount, Target } from '#protocol/order.ts';
import type { Watts } from '#protocol/units.ts';

/** What fractions and shares refer to. */
export type Reference = { readonly ratedW: Watts; readonly baselineW: Watts };

export type Level =
  | { readonly kind: 'atMost'; readonly watts: Watts }
  /** As near as the rack can, from below. */
  | { readonly kind: 'exactly'; readonly watts: Watts }
  | { readonly kind: 'atLeast'; readonly watts: Watts };

/** undefined for a target that sets no level. */
export function levelOf(target: Target, { ratedW, baselineW }: Reference): Level | undefined {
  switch (target.kind) {
    case 'ceiling':
      return { kind: 'atMost', watts: wattsOf(target, ratedW, ratedW) };
    case 'shed':
      return { kind: 'atMost', watts: Math.max(0, baselineW - wattsOf(target, baselineW, ratedW)) };
    case 'setpoint':
      return { kind: 'exactly', watts: wattsOf(target, ratedW, ratedW) };
    case 'floor':
      return { kind: 'atLeast', watts: wattsOf(target, ratedW, ratedW) };
    // What these ask depends on the grid's frequency, on prices, or on nothing at all.
    case 'droop':
    case 'trip':
    case 'market':
    case 'release':
      return undefined;
  }
}

/** A share is by rated watts, whatever a fraction would be of. */
function wattsOf({ fraction, watts = 0, of_w }: Amount, wholeW: Watts, ratedW: Watts): Watts {
  if (fraction !== undefined) return fraction * wholeW;
  return of_w === undefined ? watts : (watts * ratedW) / of_w;
}
