/** What the page listens to: never `#`, and what is of one rack only while its page is open. */
import { filterOf } from '#protocol/topics.ts';
import type { Rack, Site } from './site.ts';

/** In this order: what was ordered, who is there and what they draw; what can come a moment later, later. */
export function siteFilters(site: string): string[] {
  return [
    filterOf(site, 'orderAll'),
    filterOf(site, 'orderGroup'),
    filterOf(site, 'orderRack'),
    filterOf(site, 'state'),
    filterOf(site, 'power'),
    filterOf(site, 'event'),
    filterOf(site, 'ack'),
    filterOf(site, 'alarm'),
    filterOf(site, 'applied'),
    filterOf(site, 'thermal'),
    filterOf(site, 'info'),
  ];
}

const kept = ['state', 'info', 'applied'] as const;
/** More than a broker hands over at once. */
const MOST_AT_ONCE = 200;

/**
 * What racks have retained and we were not given: a broker drops what it cannot hand over at once, and these are not
 * said again until they change.
 */
export function missing({ name, racks }: Site, askedBefore: ReadonlySet<string>): string[] {
  return [...racks.values()]
    .flatMap((rack: Rack) =>
      kept.filter((each) => rack[each] === undefined).map((each) => filterOf(name, each, { rack: rack.id })),
    )
    .filter((filter) => !askedBefore.has(filter))
    .slice(0, MOST_AT_ONCE);
}
