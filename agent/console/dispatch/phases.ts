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
  return Map.groupBy([...all].sort(), (id) => {
    // What was heard in passing may have been dropped on the way; what the rack retains is handed over again.
    const phase = retained(racks.get(id), order) ?? following.racks.get(id)?.phase;
    return phase === undefined ? 'silent' : wayOf(phase);
  });
}

function retained(rack: Rack | undefined, { id, issuer }: Order): Phase | undefined {
  const { orders = [], finished = [] } = rack?.applied ?? {};
  return [...orders, ...finished].find((each) => each.order === id && each.issuer === issuer)?.phase;
}

function wayOf(phase: RackProgress['phase']): Way {
  switch (phase) {
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
