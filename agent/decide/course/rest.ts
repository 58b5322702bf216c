/**
 * What a signal that changes often may use. A setpoint that is renewed every two seconds would wear out a dial that
 * writes flash, and would keep a miner that restarts from ever mining. So such a device rests at the setting it has and
 * gentler ones follow the signal. A cut that needs it takes it all the same: to sleep is always allowed.
 */
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import { wattsAt } from '#agent/state/setting.ts';
import type { Capability } from '#protocol/capability.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Steerable } from '../share/allocate.ts';
import type { Roster } from '../share/roster.ts';

/** When the level was last changed, monotonic, newest last; as many moments as it takes to tell a hurried signal. */
export type Pace = { readonly levelW: Watts | undefined; readonly changedAt: readonly Millis[] };

/** A signal that has changed this often within this span changes often. */
const HURRIED_CHANGES = 3;
const HURRIED_SPAN_MS: Millis = 300_000;
/** Between two uses of a control that wears the device, while a hurried signal is followed. */
const REST_MS: Millis = 300_000;

const RESTS = 'rests where it is: it was moved too lately to be moved up again';

export const calm: Pace = { levelW: undefined, changedAt: [] };

export function paced(pace: Pace, levelW: Watts | undefined, now: Now): Pace {
  if (levelW === pace.levelW) return pace;
  return { levelW, changedAt: [...pace.changedAt, now.mono].slice(-HURRIED_CHANGES) };
}

/** The crew as allocation may use it now: nobody worn, and nobody above where it rests. */
export function rested(crew: Roster, picture: Picture, pace: Pace, hurried: boolean, now: Now): Roster {
  // Without a bound everyone goes home.
  if (pace.levelW === undefined) return crew;
  const steerable = crew.steerable.map((each) => {
    const device = deviceOf(picture, each.device);
    return device ? restedOne(each, device, hurried, now) : each;
  });
  return { ...crew, steerable };
}

function restedOne(each: Steerable, device: DeviceView, hurried: boolean, now: Now): Steerable {
  const { limit, wake } = device.facts.controls;
  const steady = hurried && wears(limit ?? wake);
  const usable = steady ? { ...each, dial: undefined, steady } : each;
  const asked = device.asked?.setting;
  if (!asked || !isResting(device, hurried, now)) return usable;
  const heldW = wattsAt(device, asked);
  if (heldW >= each.homeW) return usable;
  const displaced = each.displaced ?? { home: each.home, why: RESTS };
  return { ...usable, home: asked, homeW: heldW, fullW: heldW, dial: undefined, displaced };
}

export function isHurried({ changedAt }: Pace, now: Now): boolean {
  return changedAt.filter((at) => now.mono - at < HURRIED_SPAN_MS).length >= HURRIED_CHANGES;
}

/** Whether what would raise it from the setting it was asked for was used too lately to be used again. */
function isResting({ facts, asked }: DeviceView, hurried: boolean, now: Now): boolean {
  if (!asked) return false;
  const raising = facts.controls[asked.setting.kind === 'asleep' ? 'wake' : 'limit'];
  return now.mono - asked.at.mono < Math.max(intervalMs(raising), hurried && wears(raising) ? REST_MS : 0);
}

function wears(control: Capability | undefined): boolean {
  return control !== undefined && (control.persistent || control.restarts);
}

function intervalMs(control: Capability | undefined): Millis {
  return (control?.min_interval_s ?? 0) * 1000;
}
