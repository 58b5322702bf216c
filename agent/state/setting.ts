/** Settings of devices: comparing them, and reading one off what a device said. */
import type { Watts } from '#protocol/units.ts';
import type { DeviceReading, Now, Setting } from './observation.ts';
import type { Asked, DeviceView } from './picture.ts';

export const asleep: Setting = { kind: 'asleep' };
export const awake: Setting = { kind: 'awake' };

export function sameSetting(a: Setting, b: Setting): boolean {
  if (a.kind === 'asleep' || b.kind === 'asleep') return a.kind === b.kind;
  return a.limit === b.limit;
}

/** The control that brings a setting about. */
export function controlFor(setting: Setting): 'sleep' | 'wake' | 'limit' {
  if (setting.kind === 'asleep') return 'sleep';
  return setting.limit === undefined ? 'wake' : 'limit';
}

/** In words for people: `asleep`, `awake`, `awake at 60 %`. */
export function settingText(setting: Setting, unit: 'percent' | 'watts' = 'percent'): string {
  if (setting.kind === 'asleep' || setting.limit === undefined) return setting.kind;
  return `awake at ${setting.limit} ${unit === 'percent' ? '%' : 'W'}`;
}

/** The setting a reading shows; undefined when it does not say whether the device sleeps. */
export function settingShown(device: DeviceView, reading: DeviceReading): Setting | undefined {
  if (reading.asleep === undefined && device.facts.controls['sleep']) return undefined;
  if (reading.asleep) return asleep;
  const range = device.facts.controls['limit']?.range;
  // A limit at the dial's end is no limit: a device at 100 % and one that was never limited run the same.
  if (!range || reading.limit === undefined || reading.limit >= range.max) return awake;
  return { kind: 'awake', limit: reading.limit };
}

/** Watts of a device that runs as `setting` says. */
export function wattsAt(device: DeviceView, setting: Setting): Watts {
  if (setting.kind === 'asleep') return residualW(device);
  const unit = device.facts.controls['limit']?.range?.unit;
  if (setting.limit === undefined || unit === undefined) return device.fullW;
  return unit === 'percent' ? (setting.limit * device.fullW) / 100 : setting.limit;
}

/** Watts it still draws asleep; what it draws at full for one that cannot sleep. */
export function residualW({ facts, fullW, unpowered }: DeviceView): Watts {
  return unpowered ? 0 : (facts.residualW ?? fullW);
}

/** Whether it is at rest, by its own last word or since it has no power. */
export function isSeenAsleep({ reading, unpowered }: DeviceView): boolean {
  return unpowered || reading?.asleep === true;
}

/** Whether the device's own word, given after we asked, says that it runs as `wanted`. */
export function shows(device: DeviceView, wanted: Setting): boolean {
  const { reading, asked, facts } = device;
  // Without power it neither mines nor says anything.
  if (device.unpowered) return wanted.kind === 'asleep';
  if (!reading) return false;
  if (asked?.outcome === 'pending' || device.mayHaveMoved) return false;
  const shown = settingShown(device, reading);
  if (!shown) return false;
  if (shown.kind === 'asleep' || wanted.kind === 'asleep') return shown.kind === wanted.kind;
  if (reading.limit === undefined && facts.controls['limit']) return limitByWord(device, wanted);
  return sameSetting(shown, wanted);
}

/** Whether it has said yes, and its power may still be moving: what it shows meanwhile may be from before. */
export function isSettling({ outcome, settledAt = 0 }: Asked, now: Now): boolean {
  return outcome === 'acknowledged' && now.mono < settledAt;
}

/** For firmware that never says its limit: only an acknowledgement of exactly this setting counts. */
function limitByWord({ asked }: DeviceView, wanted: Setting): boolean {
  const untouched = asked === undefined || asked.setting.kind === 'asleep';
  const full = wanted.kind === 'awake' && wanted.limit === undefined;
  if (untouched) return full;
  return asked.outcome === 'acknowledged' && sameSetting(asked.setting, wanted);
}
