/** How far a sent order is, in numbers of racks. */
import type { Following, RackProgress } from '#protocol/follow.ts';
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
export function racksByWay({
  listeners,
  following,
}: Pick<Sent, 'listeners' | 'following'>): ReadonlyMap<Way, string[]> {
  const all = new Set([...listeners, ...following.racks.keys()]);
  return Map.groupBy([...all].sort(), (rack) => wayOf(following, rack));
}

function wayOf({ racks }: Following, rack: string): Way {
  const progress = racks.get(rack);
  return progress ? wayOfPhase(progress) : 'silent';
}

function wayOfPhase({ phase }: RackProgress): Way {
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
