/** Who comes before whom: best value first, as it was when something began to bind. */
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf, devicesOf } from '#agent/state/picture.ts';
import type { Measure } from './value.ts';
import { byWorth, worths } from './value.ts';

/** Every device, in the order of their rank. */
export type Ranked = { readonly ranking: readonly string[]; readonly views: readonly DeviceView[] };

/** Keeps a ranking, so that a reading that comes late swaps nobody; who is new comes behind it. */
export function inRank(picture: Picture, ranking: readonly string[]): Ranked {
  if (ranking.length === 0) return { ranking, views: devicesOf(picture) };
  const views = ranking.flatMap((id) => deviceOf(picture, id) ?? []);
  const isWhole = views.length === ranking.length && views.length === picture.devices.places.size;
  return isWhole ? { ranking, views } : ranked(picture, ranking, UNPRICED);
}

/** Who is new in mid-event stands behind the others in any case. */
const UNPRICED: Measure = {
  prices: { energyUsdPerMwh: undefined, hashUsdPerPhDay: undefined, inferenceUsdPerGpuH: undefined },
  deadlineS: Number.POSITIVE_INFINITY,
};

/** Those of `before` that are there, and behind them the others by what they are worth. */
export function ranked(picture: Picture, before: readonly string[], measure: Measure): Ranked {
  const known = new Set(before);
  const worth = worths(picture, measure);
  const added = devicesOf(picture)
    .filter(({ facts: { id } }) => !known.has(id))
    .map(({ facts: { id } }) => ({ id, worth: worth(id) }))
    .sort((a, b) => byWorth(a.worth, b.worth) || (a.id < b.id ? -1 : 1));
  const ranking = [...before.filter((id) => deviceOf(picture, id)), ...added.map(({ id }) => id)];
  return { ranking, views: ranking.flatMap((id) => deviceOf(picture, id) ?? []) };
}
