/**
 * Wall time that does not jump by itself. It runs on the monotonic clock from where it was set; when the system's
 * clock says something else, that is believed only once it has said so for a while and the kernel vouches for it.
 */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from './clock.ts';
import type { ClockQuality } from './clock-quality.ts';

/** Smaller differences are the kernel's own slewing, and followed at once. */
export const SLEW_MS: Millis = 500;
/** A step must have stood this long. */
const PROBATION_MS: Millis = 60_000;

export type SteadyClock = Clock & {
  /** Whether orders that depend on the time of day may be judged by this clock. */
  quality(): ClockQuality;
};

export type SteadyOptions = {
  quality(): ClockQuality;
  /** Time was never before this: the build, or the last moment in the journal. */
  notBefore: Millis;
};

export function steadyClock(system: Clock, { quality, notBefore }: SteadyOptions): SteadyClock {
  const started = system.monotonic();
  let offset = Math.max(system.wall(), notBefore) - started;
  let doubtSince: Millis | undefined;
  // Behind its own past the clock cannot be right, whatever the kernel says.
  const behind = system.wall() < notBefore;

  const wall = () => {
    const mono = system.monotonic();
    const systemOffset = system.wall() - mono;
    if (Math.abs(systemOffset - offset) <= SLEW_MS) {
      offset = systemOffset;
      doubtSince = undefined;
      return mono + offset;
    }
    doubtSince ??= mono;
    if (mono - doubtSince >= PROBATION_MS && quality() === 'good') {
      offset = systemOffset;
      doubtSince = undefined;
    }
    return mono + offset;
  };

  return {
    ...system,
    wall,
    quality: () => {
      wall();
      return doubtSince !== undefined || (behind && system.wall() < notBefore) ? 'bad' : quality();
    },
  };
}
