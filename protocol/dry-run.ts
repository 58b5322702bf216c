/** The question what an order would do, as one rack is asked it. */
import type { CommandBody } from './command.ts';
import { COMMAND_LIFE_S } from './command.ts';
import type { OrderBody } from './order.ts';
import { timestampOf } from './time.ts';
import type { Millis } from './units.ts';

/**
 * @param id of the question, which the answer names.
 * @param nowMs since the epoch: it may be answered for `COMMAND_LIFE_S` from then.
 */
export function dryRunCommand(id: string, rack: string, order: OrderBody, nowMs: Millis): CommandBody {
  const { issuer, scope } = order;
  return {
    v: 1,
    type: 'command',
    id,
    issuer,
    scope: { site: scope.site, to: `rack/${rack}` },
    issued_at: timestampOf(nowMs),
    valid_until: timestampOf(nowMs + COMMAND_LIFE_S * 1000),
    action: { kind: 'dry_run', order },
  };
}
