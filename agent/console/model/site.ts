/** What the page knows of a site: what racks and issuers have said, and when that was heard. */
import type { Phase, RefusalCode } from '#protocol/lifecycle.ts';
import type { Order } from '#protocol/order.ts';
import type { Alarm, Applied, Info, Power, State, Thermal } from '#protocol/telemetry.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Details } from './details.ts';

export type Site = {
  readonly name: string;
  readonly racks: ReadonlyMap<string, Rack>;
  /** What each order topic holds, by its tail: `issuer/program/to`. */
  readonly orders: ReadonlyMap<string, Order>;
  /** What orders make up together, by `issuer/event`; the newest few. */
  readonly events: ReadonlyMap<string, GridEvent>;
  /** What was told lately, newest first. */
  readonly happenings: readonly Happening[];
  /** Of the one rack whose page is open. */
  readonly details?: Details;
  readonly misfits: Misfits;
  /** When something was last heard that the broker had not kept from earlier. */
  readonly lastLiveMs: Millis | undefined;
};

export type Rack = {
  readonly id: string;
  readonly state?: State;
  readonly info?: Info;
  readonly power?: Power;
  readonly thermal?: Thermal;
  readonly applied?: Applied;
  readonly alarms: ReadonlyMap<string, Alarm>;
  /** How far it is with each event, by `issuer/event`; the newest few, the last one told of last. */
  readonly standings: ReadonlyMap<string, Standing>;
  /** Until when, by the browser's clock, `power` and `thermal` speak of now. */
  readonly powerUntilMs: Millis;
  readonly thermalUntilMs: Millis;
  /** By how much the browser's clock is ahead of the rack's, the way of the message included. */
  readonly skewMs?: Millis;
};

/** One rack and one event. Times are the rack's own. */
export type Standing = {
  readonly phase?: Phase;
  readonly reached: { readonly [Each in Phase]?: Millis };
  readonly levelW?: Watts;
  readonly baselineW?: Watts;
  /** Devices that are not where they should be, each with the reason. */
  readonly short: readonly string[];
  readonly refusal?: { readonly code: RefusalCode | null; readonly why: string };
};

/** The span that an issuer calls by one name. */
export type GridEvent = {
  readonly key: string;
  readonly issuer: string;
  readonly event: string;
  readonly program: string;
  /** When its first order begins, and when the last of its orders ends. */
  readonly fromMs: Millis;
  readonly untilMs: Millis;
  /** The newest of its orders to each recipient. */
  readonly orders: ReadonlyMap<string, Order>;
};

/** One thing told, by one rack or by many within a moment. */
export type Happening = {
  readonly id: number;
  readonly atMs: Millis;
  /** A phase, or `local`. */
  readonly what: Phase | 'local' | 'device';
  readonly eventKey?: string;
  readonly racks: ReadonlySet<string>;
  /** Of the last rack that told it. */
  readonly why: string;
};

/** Payloads that are not what their topic holds. They change nothing else. */
export type Misfits = {
  readonly count: number;
  readonly byTopic: ReadonlyMap<string, Misfit>;
};

/** By the kind of topic: how many, and what was wrong with the last. */
type Misfit = { readonly count: number; readonly topic: string; readonly problem: string };

export function emptySite(name: string): Site {
  return {
    name,
    racks: new Map(),
    orders: new Map(),
    events: new Map(),
    happenings: [],
    misfits: { count: 0, byTopic: new Map() },
    lastLiveMs: undefined,
  };
}

/** Of what a rack has not yet said. */
export const NEVER_HEARD_MS: Millis = 0;

export function emptyRack(id: string): Rack {
  return { id, alarms: new Map(), standings: new Map(), powerUntilMs: NEVER_HEARD_MS, thermalUntilMs: NEVER_HEARD_MS };
}

/** Whether what it draws is known now. */
export function isFresh(rack: Rack, nowMs: Millis): boolean {
  return rack.powerUntilMs > nowMs && !isOffline(rack);
}

/** How long what it draws has not been known; undefined for one that was never heard. */
export function silentMs({ powerUntilMs }: Rack, nowMs: Millis): Millis | undefined {
  return powerUntilMs === NEVER_HEARD_MS ? undefined : nowMs - powerUntilMs;
}

export function isOffline({ state }: Rack): boolean {
  return state?.status === 'offline';
}

export function eventKey({ issuer, event }: { issuer: string; event: string }): string {
  return `${issuer}/${event}`;
}

const NAMES = new Intl.Collator('en', { numeric: true });

/** In the order in which people count: r2 before r10. */
export function byName(a: string, b: string): number {
  return NAMES.compare(a, b);
}
