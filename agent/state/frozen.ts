/**
 * A meter that has frozen answers, and always tells the same. So does a coarse one on a steady load: what gives it away
 * is that the devices behind it have moved. What they say may be wrong, but then a living meter stirs in something else
 * that it tells: voltage, frequency or energy.
 */
import type { Millis, Watts } from '#protocol/units.ts';
import { ownWord } from './estimate.ts';
import type { MeterReading, Now } from './observation.ts';
import type { MeterView, Picture } from './picture.ts';
import { devicesOf } from './picture.ts';

/** What a meter has told unchanged, and what the devices behind it told meanwhile. */
export type Still = {
  readonly said: MeterReading;
  readonly since: Millis;
  /** Of those devices together, once nothing counted any more that they had said before. */
  readonly devicesW?: Watts;
  /** Since when they have told notably more, or less. */
  readonly apartSince?: Millis;
  /** Until it tells something else, whatever the devices do. */
  readonly isFrozen: boolean;
};

/** A device's word counts for that long (`staleness.ts`). */
const SETTLED_MS: Millis = 30_000;
/** Devices and meter may tell of one change at different times, but not so far apart. */
const FROZEN_MS: Millis = 60_000;
/** Part of the power by which devices must have moved, where that is more than a few steps of the meter. */
const NOTABLE = 0.05;
const NOTABLE_STEPS = 5;

export function withStill(meter: MeterView, reading: MeterReading, picture: Picture, now: Now): Still {
  const { still } = meter;
  if (!still || !reading.powerW || stirs(still.said, reading)) {
    return { said: reading, since: now.mono, isFrozen: false };
  }
  const same: Still = { ...still, said: { ...still.said, ...reading } };
  if (still.isFrozen || now.mono - still.since < SETTLED_MS) return same;
  const devicesW = coveredW(picture, meter, now);
  if (devicesW === undefined) return same;
  if (still.devicesW === undefined) return { ...same, devicesW };
  const leastW = Math.max(NOTABLE * reading.powerW, NOTABLE_STEPS * meter.facts.resolutionW);
  const { apartSince = now.mono, ...together } = same;
  if (Math.abs(devicesW - still.devicesW) <= leastW) return together;
  return { ...same, apartSince, isFrozen: now.mono - apartSince >= FROZEN_MS };
}

/** What was not told again has not stirred: points are read at different paces. */
function stirs(said: MeterReading, reading: MeterReading): boolean {
  return (Object.keys(reading) as (keyof MeterReading)[]).some(
    (key) => said[key] !== undefined && said[key] !== reading[key],
  );
}

/** undefined if one of them does not say. */
function coveredW(picture: Picture, { facts: { covers } }: MeterView, now: Now): Watts | undefined {
  const words = devicesOf(picture)
    .filter(({ facts }) => covers === 'all' || covers.includes(facts.id))
    .map((device) => ownWord(device, now)?.watts);
  return words.reduce((sum, watts) => (sum === undefined || watts === undefined ? undefined : sum + watts), 0);
}

/** Why its word does not count, in words. */
export function whyUnheard({ facts: { id }, trouble, still }: MeterView): string {
  if (still?.isFrozen)
    return `meter ${id} has frozen at ${still.said.powerW} W, while the devices behind it have moved`;
  return `meter ${id} is silent: ${trouble?.message ?? 'no reading yet'}`;
}
