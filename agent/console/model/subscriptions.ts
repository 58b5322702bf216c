/** What the page listens to: never `#`, and what is of one rack only while its page is open. */
import { filterOf } from '#protocol/topics.ts';

export function siteFilters(site: string): string[] {
  return [
    filterOf(site, 'state'),
    filterOf(site, 'info'),
    filterOf(site, 'power'),
    filterOf(site, 'thermal'),
    filterOf(site, 'applied'),
    filterOf(site, 'alarm'),
    filterOf(site, 'event'),
    filterOf(site, 'orderAll'),
    filterOf(site, 'orderGroup'),
    filterOf(site, 'orderRack'),
    filterOf(site, 'ack'),
  ];
}
