/** The line's watts shared out: who ranks where, who may be partly filled, and what each device is to do. */
import type { Policy } from '#agent/config/policy.ts';
import type { Picture } from '#agent/state/picture.ts';
import { sameSetting } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import type { Memory } from '../plan.ts';
import type { Allotted, Filling, PartFill, Steerable } from './allocate.ts';
import { allocate, raised, wattsOn } from './allocate.ts';
import { ranked } from './rank.ts';
import type { Reserve } from './reserve.ts';
import { leftOf, reserveFor } from './reserve.ts';
import type { Roster } from './roster.ts';
import { together } from './together.ts';
import type { Measure } from './value.ts';

export type Sharing = {
  /** Who was allotted what, both in the same order. */
  readonly ordered: readonly Steerable[];
  readonly allotted: readonly Allotted[];
  readonly ranking: readonly string[];
  readonly partial: PartFill | undefined;
  readonly reserve: Reserve | undefined;
};

/** What binds the devices together, in watts of those that are steered. */
export type Bounds = {
  /** Where the line is now, and where it is going; undefined for nowhere. */
  readonly lineW: Watts | undefined;
  readonly levelW: Watts | undefined;
  /** The same as it is ordered: nothing that is learned meanwhile moves it. */
  readonly askedW: Watts | undefined;
  /** What they are to draw at the least, now, and where that is going. */
  readonly liftW: Watts | undefined;
  readonly floorW: Watts | undefined;
  /** Whether they change so often that whoever follows them stays awake. */
  readonly hurried: boolean;
  readonly confidence: Policy['confidence'];
  /** What devices are ranked by when something begins to bind. */
  readonly measure: Measure;
};

/** Without a bound everyone is at home. */
export function share(
  picture: Picture,
  { steerable, ranking: before }: Roster,
  memory: Memory,
  bounds: Bounds,
): Sharing {
  const { lineW = Number.POSITIVE_INFINITY, liftW, floorW = liftW, hurried } = bounds;
  if (bounds.lineW === undefined && liftW === undefined) {
    return { ordered: steerable, allotted: steerable.map(atHome), ranking: [], partial: undefined, reserve: undefined };
  }
  const ranking = before.length > 0 ? before : ranked(picture, before, bounds.measure).ranking;
  const { units, split } = together(
    steadyFirst(before.length > 0 ? steerable : reordered(steerable, ranking)),
    picture,
  );
  const usable = hurried ? keptAwake(units, lineW) : units;
  const { allotted: cut, reserve } = surelyCut(usable, lineW, bounds, memory, picture);
  const rise = liftW !== undefined && floorW !== undefined && { liftW, floorW, budgetW: lineW };
  const allotted = rise ? raised(usable, cut, rise) : cut;
  return { ...split(allotted), ranking, partial: partialOf(allotted, usable), reserve };
}

type Cut = { readonly allotted: readonly Allotted[]; readonly reserve: Reserve | undefined };

/** A setpoint is to be met, not undercut: only a ceiling has a reserve. It stays until the line has gone up again. */
function surelyCut(usable: readonly Steerable[], lineW: Watts, bounds: Bounds, memory: Memory, picture: Picture): Cut {
  const plain = allocate(usable, lineW, filling(usable, bounds, memory));
  const { levelW, askedW, confidence } = bounds;
  if (bounds.liftW !== undefined) return { allotted: plain, reserve: undefined };
  const isNew = levelW !== undefined && askedW !== undefined && askedW !== memory.reserve?.askedW;
  const risky = { steerable: usable, budgetW: levelW ?? lineW, picture, confidence };
  const reserve = isNew ? reserveFor(risky, askedW) : memory.reserve;
  const spareW = reserve ? leftOf(reserve, usable, plain) : 0;
  if (spareW === 0) return { allotted: plain, reserve };
  const lower = { ...bounds, lineW: lineW - spareW, levelW: levelW === undefined ? undefined : levelW - spareW };
  return { allotted: allocate(usable, lower.lineW, filling(usable, lower, memory)), reserve };
}

function reordered(steerable: readonly Steerable[], ranking: readonly string[]): Steerable[] {
  const byId = new Map(steerable.map((each) => [each.device, each]));
  return ranking.flatMap((id) => byId.get(id) ?? []);
}

function steadyFirst(ranked: readonly Steerable[]): readonly Steerable[] {
  if (!ranked.some(({ steady }) => steady)) return ranked;
  return [...ranked.filter(({ steady }) => steady), ...ranked.filter(({ steady }) => !steady)];
}

/**
 * While the line moves, nobody's partial setting follows it tick by tick: on the way down the device that the level
 * itself will leave partly filled goes there at once, on the way up it waits until it may be full again.
 */
function filling(ordered: readonly Steerable[], { lineW, levelW, hurried }: Bounds, { partial }: Memory): Filling {
  if (levelW === lineW || hurried) return partial ? { rather: partial } : 'any';
  if (levelW !== undefined && lineW !== undefined && levelW < lineW) {
    return only(partialOf(allocate(ordered, levelW, 'any'), ordered));
  }
  return only(partial);
}

/**
 * A miner takes a minute to wake: what follows a signal of seconds goes no further down than its dial's end, as long as
 * that is far enough for all together.
 */
function keptAwake(ordered: readonly Steerable[], lineW: Watts): readonly Steerable[] {
  const lowestW = ordered.reduce((sum, each) => sum + (swing(each)?.lowestW ?? each.lowestW), 0);
  return lowestW <= lineW ? ordered.map((each) => ({ ...each, ...swing(each) })) : ordered;
}

/** How far down a device goes without being put to sleep; undefined for one that goes as far as it may by itself. */
function swing({ dial, home, homeW, lowest, fullW }: Steerable): Pick<Steerable, 'lowest' | 'lowestW'> | undefined {
  if (!dial || home.kind === 'asleep' || lowest.kind === 'awake') return undefined;
  const lowestW = wattsOn(dial, dial.min, fullW);
  return lowestW < homeW ? { lowest: { kind: 'awake', limit: dial.min }, lowestW } : undefined;
}

function only(partial: PartFill | undefined): Filling {
  return partial && { only: partial };
}

function partialOf(allotted: readonly Allotted[], ordered: readonly Steerable[]): PartFill | undefined {
  for (const [i, { device, want }] of allotted.entries()) {
    const own = ordered[i];
    if (want.kind === 'asleep' || want.limit === undefined || !own) continue;
    if (!sameSetting(want, own.home) && !sameSetting(want, own.lowest)) return { device, limit: want.limit };
  }
  return undefined;
}

function atHome({ device, home, homeW }: Steerable): Allotted {
  return { device, want: home, watts: homeW, stubborn: false };
}
