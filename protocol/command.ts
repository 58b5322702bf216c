/** Commands: signed one-shots to one rack, never retained, valid for seconds. */
import * as z from 'zod';
import { messageId, name, recipient, timestamp } from './ids.ts';
import { orderBody } from './order.ts';
import { signature } from './signing.ts';

/** The longest a command may stay valid after it was issued, in seconds. */
export const COMMAND_LIFE_S = 30;

/** Says what the order would do on this rack now: who is cut, who is skipped and why, watts and seconds. */
const dryRun = z.strictObject({ kind: z.literal('dry_run'), order: orderBody });

export const action = z.discriminatedUnion('kind', [dryRun]);

const body = {
  v: z.literal(1),
  type: z.literal('command'),
  id: messageId,
  issuer: name,
  scope: z.strictObject({ site: name, to: recipient }),
  issued_at: timestamp,
  /** At most 30 s after `issued_at`. */
  valid_until: timestamp,
  action,
};

const commandBody = z.strictObject(body);
export const command = z.strictObject({ ...body, signature });

export type CommandBody = z.infer<typeof commandBody>;
export type Command = z.infer<typeof command>;
