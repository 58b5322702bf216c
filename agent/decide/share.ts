/** The line's watts shared out: who ranks where, who may be partly filled, and what each device is to do. */
import type { Picture } from '#agent/state/picture.ts';
import { awake, sameSetting } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import type { Allotted, Filling, Partial, Steerable } from './allocate.ts';
import { allocate } from './allocate.ts';
import type { Line, Memory } from './plan.ts';
import type { Roster } from './roster.ts';
import { valuePerWatt } from './roster.ts';

export type Sharing = {
  readonly allotted: readonly Allotted[];
  readonly ranking: readonly string[];
  readonly partial: Partial | undefined;
};

/** `fixedW` is what nobody here steers; `levelW` is where the line is going. Without a line everyone is at home. */
export function share(
  picture: Picture,
  { steerable }: Roster,
  memory: Memory,
  fixedW: Watts,
  line: Line | undefined,
  levelW: Watts | undefined,
): Sharing {
  if (!line) return { allotted: steerable.map(atHome), ranking: [], partial: undefined };
  const ranking = ranked(picture, memory);
  const byId = new Map(steerable.map((each) => [each.device, each]));
  const ordered = ranking.flatMap((id) => byId.get(id) ?? []);
  const allotted = allocate(ordered, line.levelW - fixedW, filling(ordered, fixedW, line, levelW, memory));
  return { allotted, ranking, partial: partialOf(allotted, ordered) };
}

/** Of all devices, also those left alone; kept while a line binds, so that a reading that comes late swaps nobody. */
function ranked({ devices }: Picture, { ranking }: Memory): string[] {
  const value = (id: string) => {
    const device = devices[id];
    return device ? valuePerWatt(device) : 0;
  };
  const added = Object.keys(devices).filter((id) => !ranking.includes(id));
  added.sort((a, b) => value(b) - value(a) || (a < b ? -1 : 1));
  return [...ranking.filter((id) => id in devices), ...added];
}

/**
 * While the line moves, nobody's partial setting follows it tick by tick: on the way down the device that the level
 * itself will leave partly filled goes there at once, on the way up it waits until it may be full again.
 */
function filling(
  ordered: readonly Steerable[],
  fixedW: Watts,
  line: Line,
  levelW: Watts | undefined,
  memory: Memory,
): Filling {
  if (levelW === line.levelW) return memory.partial ? { rather: memory.partial } : 'any';
  if (levelW !== undefined && levelW < line.levelW)
    return only(partialOf(allocate(ordered, levelW - fixedW, 'any'), ordered));
  return only(memory.partial);
}

function only(partial: Partial | undefined): Filling {
  return partial && { only: partial };
}

function partialOf(allotted: readonly Allotted[], steerable: readonly Steerable[]): Partial | undefined {
  const homes = new Map(steerable.map(({ device, home }) => [device, home]));
  for (const { device, want } of allotted) {
    const home = homes.get(device) ?? awake;
    if (want.kind === 'awake' && want.limit !== undefined && !sameSetting(want, home))
      return { device, limit: want.limit };
  }
  return undefined;
}

function atHome({ device, home, homeW }: Steerable): Allotted {
  return { device, want: home, watts: homeW, stubborn: false };
}
