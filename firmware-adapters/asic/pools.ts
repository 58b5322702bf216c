/** The list of pools as cgminer and its many descendants write it: one row a pool, the keys in any case. */
import * as z from 'zod';
import type { Pool } from '../contract.ts';
import { checked, flag, present, withoutUndefined, words } from '../transport/fields.ts';

/** Undefined without a list. Throws `AdapterError('malformed')` naming the command and the field. */
export function poolsOf(rows: unknown, command = 'pools'): Pool[] | undefined {
  if (!Array.isArray(rows)) return undefined;
  return present(rows.map((row) => poolOf(checked(poolRow, command, inLowerCase(row)))));
}

const poolRow = z.looseObject({
  url: words,
  user: words,
  /** "Alive", or "Dead"; stock Antminers write "Deed". */
  status: words,
  'stratum active': flag,
});

function poolOf(row: z.infer<typeof poolRow>): Pool | undefined {
  const { url, user, status } = row;
  if (url === undefined) return undefined;
  return withoutUndefined<Pool>({
    url,
    user,
    alive: status === undefined ? undefined : status.toLowerCase() === 'alive',
    active: row['stratum active'],
  });
}

function inLowerCase(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key.toLowerCase(), value]));
}
