/** What was asked for on the command line, as an order. */
import { expectation } from '#agent/config/expectation.ts';
import type { Moment, OrderRequest } from '#protocol/next-order.ts';
import { nextOrder } from '#protocol/next-order.ts';
import type { OrderBody } from '#protocol/order.ts';
import { timestampOf } from '#protocol/time.ts';
import { Failure, usageFailure } from '../failure.ts';

/** @throws Failure when the order would be refused anyway. */
export function buildOrder(request: OrderRequest, moment: Moment): OrderBody {
  const { fromMs, lastsS } = request;
  const endMs = (fromMs ?? moment.nowMs) + lastsS * 1000;
  if (endMs <= moment.nowMs)
    throw usageFailure(
      `the order would be over since ${timestampOf(endMs)}`,
      'give a later --from, or none to begin now',
    );
  const made = nextOrder(request, moment, expectation);
  switch (made.kind) {
    case 'order':
      return made.order;
    case 'wattsOfMany':
      throw usageFailure(
        `plain watts are for one rack, and ${request.to} is more`,
        `write a percentage, or a share: ${made.watts}W/TOTALW, with the rated watts of all of them together as TOTAL`,
      );
    case 'nothingToRelease':
      throw new Failure('no order is retained there, so there is no event to release', 'name it with --event');
    case 'malformed':
      throw usageFailure(made.problems.join('; '), '--help shows what is possible');
  }
}
