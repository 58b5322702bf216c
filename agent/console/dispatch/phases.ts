/** How far a sent order is, in numbers of racks. */
import type { RackProgress } from '#protocol/follow.ts';
import type { Phase } from '#protocol/lifecycle.ts';
import type { Order } from '#protocol/order.ts';
import type { Rack, Site } from '../model/site.ts';
import type { Sent } from './desk.ts';

/** In the order in which a rack passes them; what is out of the way comes last. */
export const ways = [
  'silent',
  'received',
  'scheduled',
  'acting',
  'acknowledged',
  'confirmed',
  'metered',
  'ended',
  'restored',
  'partial',
  'refused',
] as const;
export type Way = (typeof ways)[number];

/** The racks that are there now, by the way that the order has come with them. */
export function racksByWay(
  { order, listeners, following }: Pick<Sent, 'order' | 'listeners' | 'following'>,
  { racks }: Pick<Site, 'racks'>,
): ReadonlyMap<Way, string[]> {
  const all = new Set([...listeners, ...following.racks.keys()]);
  // Steps may be dropped on the way, and so may what is retained: whichever has heard of more counts.
  return Map.groupBy([...all].sort(), (id) =>
    further(wayOf(following.racks.get(id)?.phase), wayOf(retained(racks.get(id), order))),
  );
}

/** A rack that is late comes to it in the end. */
const passing: readonly Way[] = ways.toSpliced(ways.indexOf('metered'), 0, 'partial');

function further(one: Way, other: Way): Way {
  return passing.indexOf(one) < passing.indexOf(other) ? other : one;
}

function retained(rack: Rack | undefined, { id, issuer }: Order): Phase | undefined {
  const { orders = [], finished = [] } = rack?.applied ?? {};
  return [...orders, ...finished].find((each) => each.order === id && each.issuer === issuer)?.phase;
}

function wayOf(phase: RackProgress['phase'] | undefined): Way {
  switch (phase) {
    case undefined:
      return 'silent';
    case 'accepted':
    case 'repeat':
      return 'received';
    case 'holding':
      return 'metered';
    case 'overridden':
    case 'failed':
      return 'partial';
    default:
      return phase;
  }
}
