/** What the rack drew before an event: frozen at the event's first order, before any of its cuts. */
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { eventKey } from './compose.ts';
import type { Baseline, Memory } from './plan.ts';

/** Fewer samples than this say nothing about a mean. */
const LEAST_SAMPLES = 3;

/** Baselines of the events there are orders of; null where none could be taken, and then none is taken later. */
export function frozenBaselines(picture: Picture, memory: Memory, now: Now): Memory['baselines'] {
  const orders = Object.values(picture.orders).flatMap((slot) => slot.orders);
  const keys = new Set([...orders.map(({ order }) => eventKey(order)), ...memory.tracks.map(eventKey)]);
  const kept = Object.entries(memory.baselines).filter(([key]) => keys.has(key));
  const fresh = orders
    .filter(({ order }) => memory.baselines[eventKey(order)] === undefined)
    .map((accepted) => [eventKey(accepted.order), baselineOf(accepted, picture, now)] as const);
  return fresh.length || kept.length < Object.keys(memory.baselines).length
    ? Object.fromEntries([...fresh.reverse(), ...kept])
    : memory.baselines;
}

function baselineOf({ order }: AcceptedOrder, picture: Picture, now: Now): Baseline | null {
  if (order.baseline_w !== undefined) return { watts: order.baseline_w, method: 'nominated in the order' };
  const samples = feedMeter(picture)?.samples ?? [];
  const first = samples[0];
  if (!first || samples.length < LEAST_SAMPLES) return null;
  const mean = samples.reduce((sum, { powerW }) => sum + powerW, 0) / samples.length;
  return {
    watts: Math.round(mean),
    method: `metered mean of the last ${Math.round((now.mono - first.mono) / 1000)} s`,
  };
}
