/** The next order of a topic, from what its issuer asks for, the moment it is made in, and what the topic holds. */
import type * as z from 'zod';
import type { Recipient } from './ids.ts';
import type { Order, OrderBody, Target } from './order.ts';
import { orderBody } from './order.ts';
import { epochMs, timestampOf } from './time.ts';
import type { Millis, Seconds, WattsPerSecond } from './units.ts';

export type OrderRequest = {
  site: string;
  issuer: string;
  program: string;
  to: Recipient;
  target: Target;
  /** Absent: from now on. */
  fromMs?: Millis;
  lastsS: Seconds;
  /** Absent: the event in force on the topic goes on, or a new one is named after program and time. */
  event?: string;
  downWPerS?: WattsPerSecond;
  upWPerS?: WattsPerSecond;
  deadlineS: Seconds;
  priority: number;
  reason: string;
};

/** The moment an order is made in, and what the broker retains on its topic. */
export type Moment = { nowMs: Millis; id: string; retained: Order | undefined };

export type NextOrder =
  | { readonly kind: 'order'; readonly order: OrderBody }
  /** Plain watts for more than one rack: each would take the whole amount. */
  | { readonly kind: 'wattsOfMany'; readonly watts: number | undefined }
  /** A release, and no order is retained whose event it could end. */
  | { readonly kind: 'nothingToRelease' }
  /** One sentence for each field that is not as the wire wants it. */
  | { readonly kind: 'malformed'; readonly problems: readonly string[] };

/** Every order that racks would refuse whatever the moment is told here. `words` says what a field must be. */
export function nextOrder(request: OrderRequest, moment: Moment, words?: z.core.$ZodErrorMap): NextOrder {
  const { site, issuer, program, to, target } = request;
  const { nowMs, retained, id } = moment;
  if (!to.startsWith('rack/') && 'watts' in target && !('of_w' in target)) {
    return { kind: 'wattsOfMany', watts: target.watts };
  }
  const event = eventOf(request, moment);
  if (event === undefined) return { kind: 'nothingToRelease' };
  const fromMs = request.fromMs ?? nowMs;
  const untilMs = Math.max(fromMs + request.lastsS * 1000, target.kind === 'release' ? endOf(retained) : 0);
  const made = {
    v: 1,
    type: 'order',
    id,
    event,
    issuer,
    program,
    seq: Math.max(nowMs, (retained?.seq ?? 0) + 1),
    scope: { site, to },
    issued_at: timestampOf(nowMs),
    intervals: [{ from: timestampOf(fromMs), until: timestampOf(untilMs), target }],
    priority: request.priority,
    ramp: { down_w_per_s: request.downWPerS ?? null, up_w_per_s: request.upWPerS ?? null },
    deadline_s: request.deadlineS,
    reason: request.reason,
  };
  const checked = orderBody.safeParse(made, words && { error: words });
  if (checked.success) return { kind: 'order', order: checked.data };
  const problems = checked.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  return { kind: 'malformed', problems };
}

/** When the last level of an order ends, milliseconds since the epoch; 0 without one. */
export function endOf(order: Pick<OrderBody, 'intervals'> | undefined): Millis {
  return epochMs(order?.intervals.at(-1)?.until ?? '1970-01-01T00:00:00Z');
}

/** An order that only ends what came before it on its topic. */
export function isRelease({ intervals }: Pick<OrderBody, 'intervals'>): boolean {
  return intervals.every(({ target }) => target.kind === 'release');
}

/** undefined for a release that has no event to end. */
function eventOf({ event, program, target }: OrderRequest, { nowMs, retained }: Moment): string | undefined {
  if (event !== undefined) return event;
  if (target.kind === 'release') return retained?.event;
  // A second level within an event must not freeze a new baseline while the first one's cut is on.
  if (retained && endOf(retained) > nowMs && !isRelease(retained)) return retained.event;
  const time = timestampOf(nowMs).slice(0, 'YYYY-MM-DDTHH:MM:SS'.length).toLowerCase().replaceAll(':', '');
  return `${program.slice(0, LONGEST_NAME - time.length - 1)}-${time}`;
}

const LONGEST_NAME = 64;
