/** What the page knows of a site: what racks and issuers have said, and when that was heard. */
import type { Order } from '#protocol/order.ts';
import type { Alarm, Applied, Info, Power, State, Thermal } from '#protocol/telemetry.ts';
import type { Millis } from '#protocol/units.ts';

export type Site = {
  readonly name: string;
  readonly racks: ReadonlyMap<string, Rack>;
  /** What each order topic holds, by its tail: `issuer/program/to`. */
  readonly orders: ReadonlyMap<string, Order>;
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
  /** Until when, by the browser's clock, `power` and `thermal` speak of now. */
  readonly powerUntilMs: Millis;
  readonly thermalUntilMs: Millis;
  /** By how much the browser's clock is ahead of the rack's, the way of the message included. */
  readonly skewMs?: Millis;
};

/** Payloads that are not what their topic holds. They change nothing else. */
export type Misfits = {
  readonly count: number;
  readonly byTopic: ReadonlyMap<string, Misfit>;
};

/** By the kind of topic: how many, and what was wrong with the last. */
export type Misfit = { readonly count: number; readonly topic: string; readonly problem: string };

export function emptySite(name: string): Site {
  return {
    name,
    racks: new Map(),
    orders: new Map(),
    misfits: { count: 0, byTopic: new Map() },
    lastLiveMs: undefined,
  };
}

export function emptyRack(id: string): Rack {
  return { id, alarms: new Map(), powerUntilMs: 0, thermalUntilMs: 0 };
}

/** Whether what it draws is known now. */
export function isFresh(rack: Rack, nowMs: Millis): boolean {
  return rack.powerUntilMs > nowMs;
}

export function isOffline({ state }: Rack): boolean {
  return state?.status === 'offline';
}
