/** The parts of the rack that sensors watch over: each is hot, wet or blind for itself. */
import type { Picture, SensorView } from '#agent/state/picture.ts';

export type Zone = {
  /** The same at every decision, as long as the config stays. */
  readonly key: string;
  readonly sensors: readonly SensorView[];
  has(device: string): boolean;
};

/** Of sensors that watch over the whole rack. */
export const WHOLE = 'all';

export function zonesOf({ sensors }: Picture): Zone[] {
  const groups = Map.groupBy(Object.values(sensors), ({ facts }) => facts.covers?.toSorted().join(' ') ?? WHOLE);
  return [...groups].map(([key, group]) => {
    const covers = group[0]?.facts.covers;
    const members = covers && new Set(covers);
    return { key, sensors: group, has: (device) => members === undefined || members.has(device) };
  });
}
