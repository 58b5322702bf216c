/** What the grid's frequency asks, composed with what the orders ask: it comes on top of it. */
import type { Policy } from '#agent/config/policy.ts';
import type { Binding } from '#agent/state/orders.ts';
import type { Watts } from '#protocol/units.ts';
import type { Bound, Envelope } from '../demand/compose.ts';
import { compose, eventKey, slowest } from '../demand/compose.ts';
import type { Pull } from './respond.ts';

export type Pulled = { readonly bounds: readonly Bound[]; readonly envelope: Envelope };

/** `homeW` is what the rack draws by itself: pulls count from there, or from the ceiling that binds it. */
export function pulled(bounds: readonly Bound[], pulls: readonly Pull[], policy: Policy, homeW: Watts): Pulled {
  const without = compose(bounds, policy);
  if (pulls.length === 0) return { bounds, envelope: without };
  const baseW = Math.min(without.ceilingW ?? homeW, homeW);
  const all = [...bounds, ...levels(pulls, baseW)];
  const envelope = compose(all, policy);
  const isDown = pulls.some(({ watts }) => watts < 0);
  // The slow ramp of another order is no reason to answer the grid slowly.
  const downWPerS = slowest(pulls.map(({ binding }) => binding.accepted.order.ramp.down_w_per_s));
  return { bounds: all, envelope: isDown ? { ...envelope, downWPerS } : envelope };
}

/** Events that stand ready for the grid: when their share is over, nothing has ended. */
export function standing(orders: readonly Binding[]): string[] {
  return orders
    .filter(({ interval }) => interval.target.kind === 'droop')
    .map(({ accepted }) => eventKey(accepted.order));
}

/** They add up; those that pull against the sum are outweighed. */
function levels(pulls: readonly Pull[], baseW: Watts): Bound[] {
  const total = pulls.reduce((sum, { watts }) => sum + watts, 0);
  const level = { kind: total < 0 ? 'atMost' : 'atLeast', watts: Math.max(0, baseW + total) } as const;
  return pulls
    .filter(({ watts }) => Math.sign(watts) === Math.sign(total))
    .map(({ binding, cause }) => ({ ...binding, level, cause }));
}
