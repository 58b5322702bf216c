/** What is asked of the rack: orders as levels in watts, with what the grid's frequency asks on top, as one envelope. */
import type { Binding } from '#agent/state/orders.ts';
import { feedMeter } from '#agent/state/picture.ts';
import type { Watts } from '#protocol/units.ts';
import { pulled, standing } from '../frequency/pull.ts';
import type { Response } from '../frequency/respond.ts';
import { respond } from '../frequency/respond.ts';
import type { Draw, Given } from '../given.ts';
import type { Memory } from '../plan.ts';
import { frozenBaselines } from './baseline.ts';
import { bound } from './binding.ts';
import type { Bound, Envelope } from './compose.ts';

export type Demand = {
  readonly baselines: Memory['baselines'];
  readonly response: Response;
  readonly bounds: readonly Bound[];
  readonly envelope: Envelope;
};

/** `ratedW` is what fractions of the rack refer to. */
export function demanded(given: Given, orders: readonly Binding[], ratedW: Watts, { homeW }: Draw): Demand {
  const { picture, policy, memory, now, rack } = given;
  const baselines = frozenBaselines(orders, picture, policy, memory, homeW, now);
  const response = respond(orders, feedMeter(picture), policy, memory.grid, now);
  const ordered = bound(orders, picture, policy, { baselines }, ratedW, now, rack);
  const { bounds, envelope } = pulled(ordered, response.pulls, policy, homeW);
  const held = heldBy(envelope, homeW);
  const events = [...new Set([...held.events, ...standing(orders)])];
  return { baselines, response, bounds, envelope: { ...held, events } };
}

/** A local ceiling above all that the rack would draw binds nothing: homes are learned below it. */
function heldBy(envelope: Envelope, homeW: Watts): Envelope {
  const idle = envelope.events.length === 0 && (envelope.ceilingW ?? 0) >= homeW;
  return idle ? { ...envelope, ceilingW: undefined, why: 'no order binds' } : envelope;
}
