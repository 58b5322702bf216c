/** Looking at the agent again and again, also over the time in which it is away. */
import type { Clock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';
import { Interrupted } from './interrupt.ts';
import { Away } from './local-agent.ts';

export type Attendance = {
  readonly everyMs: Millis;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly interrupted: AbortSignal;
  /** Told once when it answers no more, in plain words, and once when it does again. */
  away(why: string): void;
  back(): void;
};

/** Until interrupted: that is how it ends well. Rejects with whatever else `look` rejects with. */
export async function attend(
  look: () => Promise<void>,
  { everyMs, clock, interrupted, away, back }: Attendance,
): Promise<void> {
  let isAway = false;
  try {
    for (;;) {
      await clock.sleep(everyMs, interrupted);
      try {
        await look();
        if (isAway) back();
        isAway = false;
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        if (!isAway) away(error.message);
        isAway = true;
      }
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
}
