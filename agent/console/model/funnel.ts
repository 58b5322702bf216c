/** Where the racks of an event are on the way from sent to metered, and which have left it. */
import type { Phase } from '#protocol/lifecycle.ts';
import { epochMs } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { addressed, stateOf } from './events.ts';
import type { GridEvent, Rack, Site, Standing } from './site.ts';
import { whyShort } from './standing.ts';

/** From `sent` to `metered` each stage is a part of the one before; the other three are where racks are lost. */
export const stages = ['sent', 'received', 'accepted', 'acting', 'metered', 'partial', 'refused', 'silent'] as const;
export type Stage = (typeof stages)[number];

export type Funnel = { readonly [Each in Stage]: readonly string[] };

/** An order reaches a rack within a second; a rack that says nothing for longer is silent. */
const SILENT_AFTER_MS = 5_000;

/** Phases that a rack reaches only after the stage, or with it. */
const since: { readonly [Each in 'accepted' | 'acting' | 'metered']: readonly Phase[] } = {
  accepted: ['accepted', 'scheduled', 'acting', 'acknowledged', 'confirmed', 'metered', 'holding', 'partial'],
  acting: ['acting', 'acknowledged', 'confirmed', 'metered', 'holding', 'partial'],
  metered: ['metered', 'holding'],
};

export function funnelOf({ racks }: Site, event: GridEvent, nowMs: Millis): Funnel {
  const sent = addressed(event, racks);
  const of = (belongs: (standing: Standing | undefined) => boolean) =>
    sent.filter((rack) => belongs(rack.standings.get(event.key))).map(({ id }) => id);
  return {
    sent: sent.map(({ id }) => id),
    received: of((standing) => standing !== undefined),
    accepted: of((standing) => hasReached(standing, since.accepted)),
    acting: of((standing) => hasReached(standing, since.acting)),
    metered: of((standing) => hasReached(standing, since.metered)),
    partial: of(isShort),
    refused: of((standing) => standing?.refusal !== undefined && standing.phase === 'refused'),
    silent: isDue(event, nowMs) ? of((standing) => standing === undefined) : [],
  };
}

/** Once an event is over, who opens the page is told nothing of it any more: that is no silence. */
function isDue(event: GridEvent, nowMs: Millis): boolean {
  const issued = Math.max(...[...event.orders.values()].map(({ issued_at }) => epochMs(issued_at)));
  return nowMs - issued > SILENT_AFTER_MS && stateOf(event, nowMs) !== 'over';
}

/** Not where it should be at the deadline; once the event is over, never there since. */
function isShort(standing: Standing | undefined): boolean {
  if (standing?.phase !== 'ended' && standing?.phase !== 'restored') return standing?.phase === 'partial';
  return standing.reached.partial !== undefined && standing.reached.metered === undefined;
}

function hasReached(standing: Standing | undefined, phases: readonly Phase[]): boolean {
  return standing !== undefined && phases.some((phase) => standing.reached[phase] !== undefined);
}

/** Why a rack is in a stage, in words. */
export function reasonIn(stage: Stage, rack: Rack, event: GridEvent): string {
  const standing = rack.standings.get(event.key);
  if (!standing) return 'no word of this order';
  if (stage === 'refused') return standing.refusal?.why ?? '';
  if (stage === 'partial') return whyShort(standing);
  return standing.phase ?? 'received';
}
