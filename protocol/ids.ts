/** Names and times as they appear on the wire. */
import * as z from 'zod';

/** Site, rack, group, device, issuer, program, event and key names: safe in a topic, a file name and a URL. */
export const name = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9 and -');

/** Ids of orders and commands, chosen by the issuer; unique per issuer. */
export const messageId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -');

/** RFC 3339 in UTC, always with `Z`. */
export const timestamp = z.iso.datetime({ error: 'must be an RFC 3339 time that ends in Z' });

/** Who a message is for: every rack of the site, a group of racks, or one rack. The tail of an order's topic. */
export const recipient = z
  .string()
  .regex(/^(all|group\/[a-z0-9-]{1,64}|rack\/[a-z0-9-]{1,64})$/, 'must be all, group/NAME or rack/NAME');

export type Recipient = 'all' | `group/${string}` | `rack/${string}`;

/** Whether a message for `to` is meant for this rack. */
export function inScope(to: string, rack: string, groups: readonly string[]): boolean {
  if (to === 'all' || to === `rack/${rack}`) return true;
  return groups.some((group) => to === `group/${group}`);
}
