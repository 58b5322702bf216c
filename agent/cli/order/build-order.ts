/** What was asked for on the command line, as an order. */
import { expectation } from '#agent/config/expectation.ts';
import type { Recipient } from '#protocol/ids.ts';
import type { Order, OrderBody, Target } from '#protocol/order.ts';
import { orderBody } from '#protocol/order.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import type { Millis, Seconds, WattsPerSecond } from '#protocol/units.ts';
import { Failure, usageFailure } from '../failure.ts';

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

/** @throws Failure when the order would be refused anyway. */
export function buildOrder(request: OrderRequest, moment: Moment): OrderBody {
  const { site, issuer, program, to, target } = request;
  const { nowMs, retained, id } = moment;
  requireRackForWatts(target, to);
  const fromMs = request.fromMs ?? nowMs;
  const untilMs = Math.max(fromMs + request.lastsS * 1000, target.kind === 'release' ? endOf(retained) : 0);
  const result = orderBody.safeParse(
    {
      v: 1,
      type: 'order',
      id,
      event: eventOf(request, moment),
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
    },
    { error: expectation },
  );
  if (result.success) return result.data;
  throw usageFailure(result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
}

/** When the last level of an order ends, milliseconds since the epoch; 0 without one. */
export function endOf(order: Pick<OrderBody, 'intervals'> | undefined): Millis {
  return epochMs(order?.intervals.at(-1)?.until ?? '1970-01-01T00:00:00Z');
}

/** Racks refuse plain watts for many of them: each would take the whole amount. */
function requireRackForWatts(target: Target, to: Recipient): void {
  if (to.startsWith('rack/') || !('watts' in target) || 'of_w' in target) return;
  const share = `${target.watts}W/TOTALW, with the rated watts of all of them together as TOTAL`;
  throw usageFailure(`plain watts are for one rack, and ${to} is more`, `write a percentage, or a share: ${share}`);
}

function eventOf({ event, program, target }: OrderRequest, { nowMs, retained }: Moment): string {
  if (event !== undefined) return event;
  if (target.kind === 'release') {
    if (retained) return retained.event;
    throw new Failure('no order is retained there, so there is no event to release', 'name it with --event');
  }
  // A second level within an event must not freeze a new baseline while the first one's cut is on.
  if (retained && endOf(retained) > nowMs && !isRelease(retained)) return retained.event;
  const time = timestampOf(nowMs).slice(0, 'YYYY-MM-DDTHH:MM:SS'.length).toLowerCase().replaceAll(':', '');
  return `${program.slice(0, LONGEST_NAME - time.length - 1)}-${time}`;
}

const LONGEST_NAME = 64;

function isRelease(order: Order): boolean {
  return order.intervals.every(({ target }) => target.kind === 'release');
}
