/** The slots of the order topics: which order binds on each, and which come after. Pure. */
import type { Interval } from '#protocol/order.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import type { AcceptedOrder, Now } from './observation.ts';
import type { OrderSlot, Picture } from './picture.ts';

/**
 * Marks the slot of an order that was taken while the clock was not set. It stands beside its topic's own slot, so that
 * it can lower the rack but succeeds nothing, and it goes when the topic's order is taken with a good clock.
 */
export const BLIND = '#blind';

/** The topic that an order was published on, whichever slot holds it. */
export function withoutBlind(topic: string): string {
  return topic.endsWith(BLIND) ? topic.slice(0, -BLIND.length) : topic;
}

export type Binding = { readonly accepted: AcceptedOrder; readonly interval: Interval };

export function startsAt({ order }: AcceptedOrder): Millis {
  return epochMs(order.intervals[0]?.from ?? '');
}

/** Orders of one topic that wait for their turn, at most: the broker keeps a single one, and each costs at every decision. */
const MOST_PARKED = 16;

/**
 * Adds an accepted order behind the one whose turn it is; what an order in turn has succeeded is let go, as are those
 * that would begin no sooner than the new one, since their turn never comes, and the oldest of too many.
 */
export function withOrder(slot: OrderSlot | undefined, accepted: AcceptedOrder, now: Now): OrderSlot {
  const older = slot?.orders ?? [];
  const at = older.findLastIndex((other) => startsAt(other) <= now.wall);
  const current = at < 0 ? [] : older.slice(at, at + 1);
  const parked = older.slice(at + 1).filter((other) => startsAt(other) < startsAt(accepted));
  const orders = [...current, ...[...parked, accepted].slice(-MOST_PARKED)];
  return { seq: accepted.order.seq, digest: accepted.digest, orders, heardAt: now.mono };
}

/** What was taken without a clock runs for its own duration, so its times move with the clock; all others are as signed. */
export function withClockSet(orders: Picture['orders'], byMs: Millis): Picture['orders'] {
  const moved = Object.entries(orders).map(([topic, slot]): [string, OrderSlot] =>
    topic.endsWith(BLIND)
      ? [topic, { ...slot, orders: slot.orders.map((each) => shifted(each, byMs)) }]
      : [topic, slot],
  );
  return Object.fromEntries(moved);
}

/** The order of a slot whose turn it is: the newest that has begun. It may have ended, or be a release. */
export function inTurn(slot: OrderSlot, wall: Millis): AcceptedOrder | undefined {
  return slot.orders.findLast((accepted) => startsAt(accepted) <= wall);
}

/** Every order that binds the rack at this moment, with the interval in force. */
export function binding(picture: Picture, wall: Millis): Binding[] {
  return Object.values(picture.orders).flatMap((slot) => {
    const accepted = inTurn(slot, wall);
    const interval = accepted?.order.intervals.find(
      ({ from, until }) => epochMs(from) <= wall && wall < epochMs(until),
    );
    return accepted && interval && interval.target.kind !== 'release' ? [{ accepted, interval }] : [];
  });
}

/** Whether an order acts on the grid's frequency. */
export function asksFrequency({ orders }: Picture): boolean {
  return Object.values(orders).some(({ orders: each }) =>
    each.some(({ order }) => order.intervals.some(isOfFrequency)),
  );
}

function isOfFrequency({ target: { kind } }: Interval): boolean {
  return kind === 'droop' || kind === 'trip';
}

/** The next moment at which any order's interval begins or ends. */
export function nextBoundary(picture: Picture, wall: Millis): Millis | undefined {
  const moments = Object.values(picture.orders)
    .flatMap(({ orders }) => orders.flatMap(({ order }) => order.intervals))
    .flatMap(({ from, until }) => [epochMs(from), epochMs(until)])
    .filter((moment) => moment > wall);
  return moments.length ? Math.min(...moments) : undefined;
}

function shifted(accepted: AcceptedOrder, byMs: Millis): AcceptedOrder {
  const later = (timestamp: string) => timestampOf(epochMs(timestamp) + byMs);
  const intervals = accepted.order.intervals.map(({ from, until, target }) => ({
    from: later(from),
    until: later(until),
    target,
  }));
  return { ...accepted, receivedAt: accepted.receivedAt + byMs, order: { ...accepted.order, intervals } };
}
