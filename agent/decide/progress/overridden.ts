/** Whether local safety keeps the rack from drawing what an order asks it to draw. */
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import type { Level } from '../demand/level.ts';
import type { Plan } from '../plan.ts';

/** Part of the level that must be missing: a trim takes less, and so does the smallest step of a device. */
const LEAST = 0.06;

/** In words, with the watts that are missing; undefined where safety takes nothing that was asked for. */
export function whyOverridden(
  { kind, watts }: Level,
  { safety, noRaise, liftW, mostW, devices }: Omit<Plan, 'steps'>,
  picture: Picture,
): string | undefined {
  const reasons = noRaise === undefined ? safety : [...safety, noRaise];
  if (kind === 'atMost' || reasons.length === 0) return undefined;
  const reachW = Math.min(watts, mostW);
  // A ramp on its way up falls short too, and is not held back for that.
  if (noRaise === undefined && liftW !== undefined && liftW < reachW) return undefined;
  const otherW = feedMeter(picture)?.facts.otherLoadsW ?? 0;
  const missingW = reachW - devices.reduce((sum, { expectedW }) => sum + expectedW, otherW);
  return missingW > watts * LEAST ? `overridden, ${Math.round(missingW)} W too few: ${reasons.join('; ')}` : undefined;
}
