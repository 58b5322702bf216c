/** What was learned of a device, in the words of the wire: rounded, so that `info` changes only with what matters. */
import type { DeviceFacts } from '#agent/state/observation.ts';
import { settingText } from '#agent/state/setting.ts';
import type { Info } from '#protocol/telemetry.ts';

export function learnedPayload({ learned = {}, controls }: DeviceFacts): Info['devices'][number]['learned'] {
  const { drop10S, drop90S, rampUpS, failureOdds, wattsAt = [] } = learned;
  const unit = controls['limit']?.range?.unit;
  return {
    drop_10_s: rounded(drop10S, 10),
    drop_90_s: rounded(drop90S, 10),
    ramp_up_s: rounded(rampUpS, 1),
    failure_odds: rounded(failureOdds, 100),
    watts_at: wattsAt.map(({ setting, watts }) => ({ setting: settingText(setting, unit), watts: wattsOf(watts) })),
  };
}

function rounded(value: number | undefined, parts: number): number | null {
  return value === undefined ? null : Math.round(value * parts) / parts;
}

/** The noise of a difference of two means may leave a sleeping device just below nothing. */
function wattsOf(watts: number): number {
  return Math.max(0, Math.round(watts));
}
