/** The line's watts shared out: who ranks where, who may be partly filled, and what each device is to do. */
import type { Picture } from '#agent/state/picture.ts';
import { sameSetting } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import type { Allotted, Filling, Partial, Steerable } from './allocate.ts';
import { allocate, raised } from './allocate.ts';
import type { Memory } from './plan.ts';
import type { Roster } from './roster.ts';
import { byWorth, worths } from './value.ts';

export type Sharing = {
  readonly allotted: readonly Allotted[];
  readonly ranking: readonly string[];
  readonly partial: Partial | undefined;
};

/** What binds the devices together, in watts of those that are steered. */
export type Bounds = {
  /** Where the line is now, and where it is going; undefined for nowhere. */
  readonly lineW: Watts | undefined;
  readonly levelW: Watts | undefined;
  /** What they are to draw at the least, now, and where that is going. */
  readonly liftW: Watts | undefined;
  readonly floorW: Watts | undefined;
};

/** Without a bound everyone is at home. */
export function share(picture: Picture, { steerable }: Roster, memory: Memory, bounds: Bounds): Sharing {
  const { lineW = Number.POSITIVE_INFINITY, levelW, liftW, floorW = liftW } = bounds;
  if (bounds.lineW === undefined && liftW === undefined) {
    return { allotted: steerable.map(atHome), ranking: [], partial: undefined };
  }
  const ranking = ranked(picture, memory);
  const byId = new Map(steerable.map((each) => [each.device, each]));
  const ordered = steadyFirst(ranking.flatMap((id) => byId.get(id) ?? []));
  const cut = allocate(ordered, lineW, filling(ordered, lineW, levelW, memory));
  const rise = liftW !== undefined && floorW !== undefined && { liftW, floorW, budgetW: lineW };
  const allotted = rise ? raised(ordered, cut, rise) : cut;
  return { allotted, ranking, partial: partialOf(allotted, ordered) };
}

/** Of all devices, also those left alone; kept while a line binds, so that a reading that comes late swaps nobody. */
function ranked(picture: Picture, { ranking }: Memory): string[] {
  const { devices } = picture;
  const known = new Set(ranking);
  const worth = worths(picture);
  const added = Object.keys(devices)
    .filter((id) => !known.has(id))
    .map((id) => ({ id, worth: worth(id) }))
    .sort((a, b) => byWorth(a.worth, b.worth) || (a.id < b.id ? -1 : 1));
  return [...ranking.filter((id) => id in devices), ...added.map(({ id }) => id)];
}

function steadyFirst(ranked: readonly Steerable[]): Steerable[] {
  return [...ranked.filter(({ steady }) => steady), ...ranked.filter(({ steady }) => !steady)];
}

/**
 * While the line moves, nobody's partial setting follows it tick by tick: on the way down the device that the level
 * itself will leave partly filled goes there at once, on the way up it waits until it may be full again.
 */
function filling(ordered: readonly Steerable[], lineW: Watts, levelW: Watts | undefined, { partial }: Memory): Filling {
  if (levelW === lineW) return partial ? { rather: partial } : 'any';
  if (levelW !== undefined && levelW < lineW) return only(partialOf(allocate(ordered, levelW, 'any'), ordered));
  return only(partial);
}

function only(partial: Partial | undefined): Filling {
  return partial && { only: partial };
}

function partialOf(allotted: readonly Allotted[], steerable: readonly Steerable[]): Partial | undefined {
  const whole = new Map(steerable.map(({ device, home, lowest }) => [device, [home, lowest]]));
  for (const { device, want } of allotted) {
    const isPartial = !whole.get(device)?.some((end) => sameSetting(want, end));
    if (isPartial && want.kind === 'awake' && want.limit !== undefined) return { device, limit: want.limit };
  }
  return undefined;
}

function atHome({ device, home, homeW }: Steerable): Allotted {
  return { device, want: home, watts: homeW, stubborn: false };
}
