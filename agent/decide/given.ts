/** What one decision is made from, and what that comes to in watts before anything is asked. */
import type { Policy } from '#agent/config/policy.ts';
import type { Some } from '#agent/state/devices.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import type { Watts } from '#protocol/units.ts';
import type { Memory } from './plan.ts';
import type { Roster } from './share/roster.ts';

export type Given = {
  readonly picture: Picture;
  readonly policy: Policy;
  /** Of the last decision, with what the picture has shown since. */
  readonly memory: Memory;
  /** `moved` of the memory, to be looked up: whatever happens, we bring them home. */
  readonly ours: Some;
  readonly now: Now;
  readonly rack: string;
};

/** What the rack draws as things are. */
export type Draw = {
  /** By what nothing here steers. */
  readonly fixedW: Watts;
  /** With every device at home, as far down, and as far up, as it goes. */
  readonly homeW: Watts;
  readonly leastW: Watts;
  readonly mostW: Watts;
};

export function drawOf({ steerable, leftAlone }: Roster, picture: Picture): Draw {
  let [home, least, most] = [0, 0, 0];
  for (const { homeW, stubbornW, restW, lowestW, fullW } of steerable) {
    home += homeW;
    least += stubbornW ?? restW ?? lowestW;
    most += fullW;
  }
  const aloneW = leftAlone.reduce((sum, { watts }) => sum + watts, 0);
  const fixedW = (feedMeter(picture)?.facts.otherLoadsW ?? 0) + aloneW;
  return { fixedW, homeW: fixedW + home, leastW: fixedW + least, mostW: fixedW + most };
}
