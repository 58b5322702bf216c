/** Orders and local limits -> one ceiling. The lowest wins; sheds compose as ceilings and are not summed. */
import type { Policy } from '#agent/config/policy.ts';
import type { Binding } from '#agent/state/orders.ts';
import type { Watts, WattsPerSecond } from '#protocol/units.ts';
import type { Level } from './level.ts';

/** An order that binds now, with what it asks of this rack. */
export type Bound = Binding & { readonly level: Level };

export type Envelope = {
  /** undefined: nothing binds. */
  readonly ceilingW: Watts | undefined;
  readonly why: string;
  /** The slowest ramps asked for; undefined for as fast as the rack can. */
  readonly downWPerS: WattsPerSecond | undefined;
  readonly upWPerS: WattsPerSecond | undefined;
  /** `issuer/event` of every order that binds. */
  readonly events: readonly string[];
};

export function eventKey({ issuer, event }: { issuer: string; event: string }): string {
  return `${issuer}/${event}`;
}

export function compose(bounds: readonly Bound[], { limits }: Policy): Envelope {
  const ceilings = bounds.filter(({ level }) => level.kind === 'atMost');
  const setpoint = foremost(bounds.filter(({ level }) => level.kind === 'exactly'));
  const lowest = [...ceilings, ...(setpoint ? [setpoint] : [])].sort((a, b) => a.level.watts - b.level.watts)[0];
  const local = limits.ceiling_w;
  // Local policy outranks every order: none takes the rack below its minimum.
  const orderedW = lowest && Math.max(lowest.level.watts, limits.min_w);
  const ramps = bounds.map(({ accepted }) => accepted.order.ramp);
  const bySomeone = {
    downWPerS: slowest(ramps.map(({ down_w_per_s }) => down_w_per_s)),
    upWPerS: slowest(ramps.map(({ up_w_per_s }) => up_w_per_s)),
    events: [...new Set(bounds.map(({ accepted }) => eventKey(accepted.order)))],
  };
  if (lowest && orderedW !== undefined && (local === undefined || orderedW <= local)) {
    return { ...bySomeone, ceilingW: orderedW, why: whyOf(lowest, orderedW) };
  }
  const why = local === undefined ? 'no order binds' : `the policy’s ceiling: at most ${Math.round(local)} W`;
  return { ...bySomeone, ceilingW: local, why };
}

/** The lowest of the set rates; null and undefined set none. */
export function slowest(rates: readonly (WattsPerSecond | null | undefined)[]): WattsPerSecond | undefined {
  const set = rates.filter((rate): rate is number => rate !== null && rate !== undefined);
  return set.length ? Math.min(...set) : undefined;
}

/** Among setpoints the lowest priority number goes first; of equals, the lower watts. */
function foremost(setpoints: readonly Bound[]): Bound | undefined {
  return [...setpoints].sort(
    (a, b) => a.accepted.order.priority - b.accepted.order.priority || a.level.watts - b.level.watts,
  )[0];
}

function whyOf({ accepted: { order }, level }: Bound, watts: Watts): string {
  const word = level.kind === 'atMost' ? 'at most' : 'exactly';
  const floor = watts > level.watts ? ', the policy’s minimum' : '';
  return `${order.program} of ${order.issuer}: ${word} ${Math.round(watts)} W${floor}`;
}
