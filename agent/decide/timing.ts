/** How long a device takes to follow: as it was seen to, else as its control says. */
import type { Setting } from '#agent/state/observation.ts';
import type { DeviceView } from '#agent/state/picture.ts';
import type { Seconds } from '#protocol/units.ts';

/** Until nearly all of the drop is seen, from the call on. */
export function dropS(device: DeviceView, want: Setting): Seconds {
  return device.facts.learned?.drop90S ?? settleS(device, want.kind === 'asleep' ? 'sleep' : 'limit');
}

/** Until it draws nearly all of what it will. */
export function riseS(device: DeviceView, from: Setting): Seconds {
  if (from.kind === 'awake') return settleS(device, 'limit');
  return device.facts.learned?.rampUpS ?? settleS(device, 'wake');
}

function settleS({ facts }: DeviceView, control: string): Seconds {
  return (facts.controls[control]?.settle_ms ?? 0) / 1000;
}
