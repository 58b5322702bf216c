/**
 * Orders and local limits -> one envelope. The lowest ceiling wins, the highest floor, a ceiling beats a floor, and a
 * setpoint is clamped between them. Sheds compose as ceilings and are not summed.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Binding } from '#agent/state/orders.ts';
import type { Seconds, Watts, WattsPerSecond } from '#protocol/units.ts';
import type { Level } from './level.ts';

/** An order that binds now, with what it asks of this rack. */
export type Bound = Binding & {
  readonly level: Level;
  /** Why it asks this now, where its order alone does not say. */
  readonly cause?: string;
};

export type Envelope = {
  /** undefined: nothing binds from above. */
  readonly ceilingW: Watts | undefined;
  /** Never above the ceiling; undefined: nothing asks for more than the rack draws by itself. */
  readonly floorW: Watts | undefined;
  /** Who sets the ceiling, and who the floor, in words. */
  readonly why: string;
  readonly whyMore: string;
  /** What every order that binds asks, in words, also where another goes further. */
  readonly asked: readonly string[];
  /** The slowest ramps asked for; undefined for as fast as the rack can. */
  readonly downWPerS: WattsPerSecond | undefined;
  readonly upWPerS: WattsPerSecond | undefined;
  /** The shortest time in which an order wants its cut metered; infinite without one. */
  readonly deadlineS: Seconds;
  /** `issuer/event` of every order that binds. */
  readonly events: readonly string[];
};

/** One end of the envelope, and who put it there. */
type End = { readonly watts: Watts; readonly why: string };

export function eventKey({ issuer, event }: { issuer: string; event: string }): string {
  return `${issuer}/${event}`;
}

export function compose(bounds: readonly Bound[], policy: Policy): Envelope {
  const of = (kind: Level['kind']) => bounds.filter(({ level }) => level.kind === kind);
  const ends = (each: Bound): End => ({ watts: orderedW(each.level, policy), why: asks(each, policy) });
  const ceilings = [...of('atMost').map(ends), ...localCeiling(policy)].sort((a, b) => a.watts - b.watts);
  const floors = of('atLeast')
    .map(ends)
    .sort((a, b) => b.watts - a.watts);
  const setpoint = foremost(of('exactly'));
  const ramps = bounds.map(({ accepted }) => accepted.order.ramp);
  return {
    ...enclosed(ceilings[0], floors[0], setpoint && ends(setpoint)),
    asked: bounds.map((each) => asks(each, policy)),
    downWPerS: slowest(ramps.map(({ down_w_per_s }) => down_w_per_s)),
    upWPerS: slowest(ramps.map(({ up_w_per_s }) => up_w_per_s)),
    deadlineS: Math.min(...bounds.filter(isCut).map(({ accepted }) => accepted.order.deadline_s)),
    events: [...new Set(bounds.map(({ accepted }) => eventKey(accepted.order)))],
  };
}

function isCut({ level }: Bound): boolean {
  return level.kind !== 'atLeast';
}

function enclosed(
  top: End | undefined,
  bottom: End | undefined,
  point: End | undefined,
): Pick<Envelope, 'ceilingW' | 'floorW' | 'why' | 'whyMore'> {
  if (point) {
    const end = lower(top, bottom && bottom.watts > point.watts ? bottom : point);
    return { ceilingW: end.watts, floorW: end.watts, why: end.why, whyMore: end.why };
  }
  const floor = bottom && lower(top, bottom);
  return { ceilingW: top?.watts, floorW: floor?.watts, why: top?.why ?? FREE, whyMore: floor?.why ?? FREE };
}

const FREE = 'no order binds';

/** Of equals the first. */
function lower(top: End | undefined, other: End): End {
  return top && top.watts <= other.watts ? top : other;
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

function localCeiling({ limits: { ceiling_w } }: Policy): End[] {
  if (ceiling_w === undefined) return [];
  return [{ watts: ceiling_w, why: `the policy’s ceiling: at most ${Math.round(ceiling_w)} W` }];
}

/** Local policy outranks every order: none takes the rack below its minimum. */
export function orderedW({ kind, watts }: Level, { limits: { min_w } }: Policy): Watts {
  return kind === 'atLeast' ? watts : Math.max(watts, min_w);
}

/** What an order asks, in words. */
export function asks({ accepted: { order }, level, cause }: Bound, policy: Policy): string {
  const watts = orderedW(level, policy);
  const minimum = watts > level.watts ? ', the policy’s minimum' : '';
  return `${order.program} of ${order.issuer}: ${words[level.kind]} ${Math.round(watts)} W${minimum}${cause === undefined ? '' : `: ${cause}`}`;
}

const words = { atMost: 'at most', exactly: 'exactly', atLeast: 'at least' } as const satisfies Record<
  Level['kind'],
  string
>;
