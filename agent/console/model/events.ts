/** Events, as the orders on the broker make them up. */
import type { Order } from '#protocol/order.ts';
import { epochMs } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import type { GridEvent, Rack } from './site.ts';
import { eventKey } from './site.ts';

/** Older ones are forgotten. */
const MOST_EVENTS = 24;

export function withOrder(events: ReadonlyMap<string, GridEvent>, order: Order): Map<string, GridEvent> {
  const key = eventKey(order);
  const { issuer, event, program } = order;
  const before = events.get(key);
  const orders = new Map(before?.orders).set(order.scope.to, order);
  const fromMs = Math.min(before?.fromMs ?? Number.POSITIVE_INFINITY, firstMs(order));
  const untilMs = Math.max(...[...orders.values()].map(endMs));
  const next = new Map([...events].map(([each, other]) => [each, each === key ? other : succeeded(other, order)]));
  next.set(key, { key, issuer, event, program, fromMs, untilMs, orders });
  return new Map([...next].sort(([, a], [, b]) => a.fromMs - b.fromMs).slice(-MOST_EVENTS));
}

/** An order on the same topic takes over at its own beginning, also from another event. */
function succeeded(event: GridEvent, by: Order): GridEvent {
  const sameTopic = event.issuer === by.issuer && event.program === by.program;
  const before = sameTopic ? event.orders.get(by.scope.to) : undefined;
  if (!before || before.seq > by.seq || event.orders.size > 1) return event;
  return { ...event, untilMs: Math.min(event.untilMs, firstMs(by)) };
}

/** When it first asks for something. */
function firstMs({ intervals: [first] }: Order): Millis {
  return epochMs(first?.from ?? '');
}

/** When nothing of it binds any more. A release asks for nothing from its beginning on. */
function endMs(order: Order): Millis {
  const binding = order.intervals.filter(({ target }) => target.kind !== 'release');
  const last = binding[binding.length - 1];
  return last ? epochMs(last.until) : firstMs(order);
}

export type EventState = 'coming' | 'running' | 'over';

export function stateOf({ fromMs, untilMs }: GridEvent, nowMs: Millis): EventState {
  if (nowMs < fromMs) return 'coming';
  return nowMs < untilMs ? 'running' : 'over';
}

/** The racks that its orders are for. */
export function addressed({ orders }: GridEvent, racks: ReadonlyMap<string, Rack>): Rack[] {
  return [...racks.values()].filter(({ id, info }) =>
    [...orders.keys()].some((to) => {
      if (to === 'all') return true;
      const [kind, name = ''] = to.split('/');
      return kind === 'rack' ? name === id : (info?.groups.includes(name) ?? false);
    }),
  );
}

/** The event that a person looks at first: the one that runs and ends last, else the next, else the latest. */
export function foremost(events: ReadonlyMap<string, GridEvent>, nowMs: Millis): GridEvent | undefined {
  const all = [...events.values()];
  const running = all.filter((event) => stateOf(event, nowMs) === 'running').sort((a, b) => a.fromMs - b.fromMs);
  const coming = all.filter((event) => stateOf(event, nowMs) === 'coming').sort((a, b) => a.fromMs - b.fromMs);
  const over = all.filter((event) => stateOf(event, nowMs) === 'over').sort((a, b) => a.untilMs - b.untilMs);
  return running.at(-1) ?? coming[0] ?? over.at(-1);
}
