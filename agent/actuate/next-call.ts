/** What to ask of one device now, if anything. Pure: what was asked and what it shows are in the picture. */
import type { Notice, PlannedDevice } from '#agent/decide/plan.ts';
import type { Now, Setting } from '#agent/state/observation.ts';
import type { DeviceView } from '#agent/state/picture.ts';
import { asleep, awake, isSettling, sameSetting, shows } from '#agent/state/setting.ts';
import type { Millis } from '#protocol/units.ts';

/** `setting` is what the call brings about: a device that is to wake at a limit wakes first. */
export type Call =
  | { readonly kind: 'sleep'; readonly setting: Setting; readonly notice?: Notice }
  /** Opens, and closes, the outlets that feed it. */
  | { readonly kind: 'unpower'; readonly setting: Setting }
  | { readonly kind: 'power'; readonly setting: Setting }
  | { readonly kind: 'wake'; readonly setting: Setting }
  | { readonly kind: 'limit'; readonly setting: Setting; readonly value: number; readonly lowers: boolean };

/** How long the software's own word may lag behind its acknowledgement. */
const CONFIRM_MS: Millis = 15_000;
/** So often a device is told to sleep before its outlets are opened, where that is allowed at all. */
const SLEEP_ATTEMPTS = 3;
const FIRST_RETRY_MS: Millis = 1000;
const LONGEST_RETRY_MS: Millis = 30_000;

export function nextCall(device: DeviceView, planned: PlannedDevice, now: Now): Call | undefined {
  if (planned.hands === 'off') return undefined;
  if (shows(device, planned.want) && !isOnItsWay(device, planned.want, now)) return undefined;
  const call = callFor(device, planned, now);
  return call && !isWaiting(device, call, now) ? call : undefined;
}

/** Whether what it accepted a moment ago is still to come: it shows what is wanted, and is about to leave it. */
function isOnItsWay({ asked }: DeviceView, want: Setting, now: Now): boolean {
  return asked !== undefined && isSettling(asked, now) && !sameSetting(asked.setting, want);
}

/** Whether a device has been asked and its own word is still awaited. */
export function awaitsWord(device: DeviceView, planned: PlannedDevice): boolean {
  return planned.hands === 'on' && device.asked?.outcome === 'acknowledged' && !shows(device, planned.want);
}

function callFor(device: DeviceView, { want, lastResort, notice }: PlannedDevice, now: Now): Call | undefined {
  if (want.kind === 'asleep') {
    const inVain = device.asked?.setting.kind === 'asleep' && device.asked.attempts >= SLEEP_ATTEMPTS;
    const unpowers = lastResort && inVain && device.facts.controls['outlet'] !== undefined;
    return unpowers
      ? { kind: 'unpower', setting: asleep }
      : { kind: 'sleep', setting: asleep, ...(notice && { notice }) };
  }
  if (device.unpowered) return { kind: 'power', setting: awake };
  // Doubt raises nothing: one that has not been heard yet, as after a restart, may already run as it should.
  if (!device.reading) return undefined;
  const dial = device.facts.controls['limit']?.range;
  if (device.facts.kind === 'gpu' && dial && want.limit !== undefined) {
    // Its cap holds whatever runs on it, and waits for nobody.
    const lowers = want.limit < (device.reading.limit ?? dial.max);
    if (lowers) return { kind: 'limit', setting: want, value: want.limit, lowers };
    // Whether that rests is not known: under a cap nothing of it is told to work.
    if (device.reading.asleep === undefined) return undefined;
  }
  // One whose word does not tell is told to wake too: waking twice is harmless.
  const mayBeAsleep = device.reading.asleep !== false || mayHaveGoneToSleep(device, now);
  if (mayBeAsleep && device.facts.controls['wake']) return { kind: 'wake', setting: awake };
  if (!dial) return undefined;
  const value = want.limit ?? dial.max;
  return { kind: 'limit', setting: want, value, lowers: value < (device.reading.limit ?? dial.max) };
}

/** It was awake when last heard, and has been told to sleep since, or has said yes and is about to. */
function mayHaveGoneToSleep({ asked, mayHaveMoved }: DeviceView, now: Now): boolean {
  if (asked?.setting.kind !== 'asleep') return false;
  return asked.outcome === 'pending' || mayHaveMoved || isSettling(asked, now);
}

function isWaiting(device: DeviceView, call: Call, now: Now): boolean {
  const { asked, facts } = device;
  if (!asked) return false;
  if (call.kind === 'limit' && isDialTired(device, now)) return true;
  if (!sameSetting(asked.setting, call.setting)) return false;
  if (asked.outcome === 'pending') return true;
  const sinceMs = now.mono - (asked.answeredAt ?? asked.at).mono;
  if (asked.outcome === 'failed') return sinceMs < pauseMs(asked.attempts);
  // Its driver tells at once what is set: what it showed since then is how it is.
  if (facts.kind === 'gpu' && !device.mayHaveMoved) return false;
  // It did it once and has left it since, as after a reboot: then there is nothing to wait for.
  if (asked.attempts === 0) return false;
  const control = facts.controls[call.kind === 'power' || call.kind === 'unpower' ? 'outlet' : call.kind];
  return sinceMs < CONFIRM_MS + (control?.restarts ? control.settle_ms : 0);
}

/** Some dials must not be turned again at once: the last turn is still being carried out. */
function isDialTired({ asked, facts }: DeviceView, now: Now): boolean {
  const turned = asked?.setting.kind === 'awake' && asked.setting.limit !== undefined;
  return turned && now.mono - asked.at.mono < (facts.controls['limit']?.min_interval_s ?? 0) * 1000;
}

/** Doubles from one second, so that a dead device is asked on and on without being hammered. */
function pauseMs(attempts: number): Millis {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, attempts - 1), LONGEST_RETRY_MS);
}
