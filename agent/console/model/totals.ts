/** The site in a few numbers. Watts of racks that are not heard from now are in none of them: they are counted apart. */
import type { Millis, Seconds, Watts } from '#protocol/units.ts';
import type { Rack, Site } from './site.ts';
import { isFresh, isOffline } from './site.ts';
import { sum } from './sum.ts';

export type Totals = {
  readonly racks: number;
  /** Heard from now; said that they are away; neither. */
  readonly fresh: number;
  readonly offline: number;
  readonly silent: number;
  /** What the fresh racks draw together; undefined when none says. */
  readonly powerW: Watts | undefined;
  /** The lines of the racks that have one, and what the others draw: where the site may go now. */
  readonly lineW: Watts | undefined;
  /** Line less power; negative when over. */
  readonly headroomW: Watts | undefined;
  /** Fresh racks under a line, and those of them that are over it. */
  readonly bound: number;
  readonly over: number;
  /** Fresh racks whose watts no meter tells. */
  readonly unmetered: number;
  readonly ratedW: Watts;
  /** What the fresh racks say that an order could take away now, and within how many seconds the slowest of them. */
  readonly downW: Watts | undefined;
  readonly downS: Seconds;
};

export function totals({ racks }: Site, nowMs: Millis): Totals {
  const all = [...racks.values()];
  const fresh = all.filter((rack) => isFresh(rack, nowMs) && !isOffline(rack));
  const offline = all.filter(isOffline).length;
  const told = fresh.filter(({ power }) => power?.power_w != null);
  const bound = told.filter(({ power }) => power?.line_w != null);
  const powerW = told.length > 0 ? sum(told, drawnW) : undefined;
  const headroomW = bound.length > 0 ? sum(bound, (rack) => (rack.power?.line_w ?? 0) - drawnW(rack)) : undefined;
  return {
    racks: all.length,
    fresh: fresh.length,
    offline,
    silent: all.length - fresh.length - offline,
    powerW,
    lineW: powerW !== undefined && headroomW !== undefined ? powerW + headroomW : undefined,
    headroomW,
    bound: bound.length,
    over: bound.filter(isOver).length,
    unmetered: told.filter(({ power }) => power?.power_from !== 'metered').length,
    ...offer(fresh),
    ratedW: sum(all, ({ info }) => info?.rated_w ?? 0),
  };
}

function offer(fresh: readonly Rack[]): Pick<Totals, 'downW' | 'downS'> {
  const offers = fresh.flatMap(({ info }) => (info && info.down_w > 0 ? [info] : []));
  return {
    downW: offers.length > 0 ? sum(offers, ({ down_w }) => down_w) : undefined,
    downS: Math.max(0, ...offers.map(({ down_s }) => down_s)),
  };
}

/** Beyond what counts as delivered: 1 % above its line. */
export function isOver({ power }: Rack): boolean {
  return power?.line_w != null && power.power_w != null && power.power_w > 1.01 * power.line_w;
}

function drawnW({ power }: Rack): Watts {
  return power?.power_w ?? 0;
}
