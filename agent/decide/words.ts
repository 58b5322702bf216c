/** A plan in the words of the wire. */
import type { Now, Setting } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { isManual } from '#agent/state/picture.ts';
import { settingText } from '#agent/state/setting.ts';
import type { Applied, AppliedOrder, RackMode } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import { eventKey } from './compose.ts';
import type { Memory, Plan } from './plan.ts';

/** The orders that still matter, for the `applied` topic. */
export function appliedOrders({ tracks, baselines }: Memory): AppliedOrder[] {
  return tracks
    .filter(({ done }) => !done)
    .map((track) => {
      const baseline = baselines[eventKey(track)];
      const { order, event, issuer, program, phase, levelW, until, reached, short } = track;
      return {
        order,
        event,
        issuer,
        program,
        phase,
        level_w: levelW === undefined ? null : Math.round(levelW),
        until: timestampOf(until),
        baseline_w: baseline?.watts ?? null,
        baseline_method: baseline?.method ?? null,
        reached: Object.fromEntries(Object.entries(reached).map(([each, at]) => [each, timestampOf(at)])),
        short: [...short],
      };
    });
}

/** Per device: what is wanted, why, and its home. */
export function intents(
  { devices }: Plan,
  { homes }: Memory,
  picture: Picture,
): { device: string; want: string; why: string; home: string }[] {
  return devices.map(({ device, want, why }) => {
    const unit = picture.devices[device]?.facts.controls['limit']?.range?.unit ?? 'percent';
    const inWords = (setting: Setting) => settingText(setting, unit);
    const home = homes[device];
    return { device, want: inWords(want), why, home: home ? inWords(home) : 'unknown' };
  });
}

/** Homes as the rack swears to them. */
export function homesInWords({ homes }: Memory): Applied['homes'] {
  const words = Object.entries(homes).map(([device, home]) => [
    device,
    { asleep: home.kind === 'asleep', limit: home.kind === 'awake' ? (home.limit ?? null) : null },
  ]);
  return Object.fromEntries(words);
}

export function rackMode(plan: Plan, memory: Memory, picture: Picture, now: Now, observing: boolean): RackMode {
  if (isManual(picture, now)) return 'manual';
  if (observing) return 'observing';
  return plan.lineW !== undefined || memory.moved.length > 0 ? 'curtailed' : 'normal';
}
