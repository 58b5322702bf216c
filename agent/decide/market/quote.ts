/** Which `market` order counts, of those in force. */
import type { Binding } from '#agent/state/orders.ts';
import type { Order, Target } from '#protocol/order.ts';

export type Quote = { readonly order: Order; readonly target: Extract<Target, { kind: 'market' }> };

/** The lowest priority number; of equals, the dearer energy: in doubt a device rests. */
export function quoteOf(bindings: readonly Binding[]): Quote | undefined {
  const quotes = bindings.flatMap(({ accepted: { order }, interval: { target } }): Quote[] =>
    target.kind === 'market' ? [{ order, target }] : [],
  );
  return quotes.sort(
    (a, b) => a.order.priority - b.order.priority || b.target.energy_usd_per_mwh - a.target.energy_usd_per_mwh,
  )[0];
}
