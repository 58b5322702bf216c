/** What was told lately. A thousand racks that tell the same within a moment are one happening. */
import type { RackEvent } from '#protocol/lifecycle.ts';
import type { Millis } from '#protocol/units.ts';
import type { Happening } from './site.ts';
import { eventKey } from './site.ts';

const MOST = 200;
/** Steps of one phase within this long of the first are told together. */
const TOGETHER_MS = 20_000;
/** Only the newest few are looked through for one to join: older ones are closed by then. */
const LOOKED_THROUGH = 24;

export function withHappening(
  happenings: readonly Happening[],
  rack: string,
  told: RackEvent,
  atMs: Millis,
): readonly Happening[] {
  const what = told.kind === 'order' ? told.phase : told.kind;
  if (what === null) return happenings;
  const { issuer, event } = told;
  const key = issuer !== null && event !== null ? eventKey({ issuer, event }) : undefined;
  const joined =
    told.kind !== 'order'
      ? -1
      : happenings
          .slice(0, LOOKED_THROUGH)
          .findIndex((each) => each.what === what && each.eventKey === key && atMs - each.atMs < TOGETHER_MS);
  const before = happenings[joined];
  if (before) {
    return happenings.with(joined, { ...before, racks: new Set(before.racks).add(rack), why: told.why });
  }
  const id = (happenings[0]?.id ?? 0) + 1;
  const next = { id, atMs, what, racks: new Set([rack]), why: told.why, ...(key !== undefined && { eventKey: key }) };
  return [next, ...happenings].slice(0, MOST);
}
