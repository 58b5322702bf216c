/** Pumps and fans that are ours: they run before what they cool starts, and run on after the last of it has stopped. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf, isManual } from '#agent/state/picture.ts';
import { asleep, awake, isSeenAsleep, wattsAt } from '#agent/state/setting.ts';
import type { Millis } from '#protocol/units.ts';
import { mayAct } from '../commission/released.ts';
import type { PlannedDevice } from '../plan.ts';

/** By cooling device: when anything that it cools last ran or was to run, monotonic. */
export type Ran = Readonly<Record<string, Millis>>;

export type Cooled = {
  readonly devices: readonly PlannedDevice[];
  readonly ran: Ran;
  /** Why a device may not start yet, in words. */
  whyWait(device: string): string | undefined;
};

type Rule = Policy['cooling'][number];

export function cooled(
  devices: readonly PlannedDevice[],
  picture: Picture,
  policy: Policy,
  before: Ran,
  now: Now,
): Cooled {
  const { cooling } = policy;
  if (cooling.length === 0) return { devices, ran: {}, whyWait: () => undefined };
  const planned = new Map(devices.map((each) => [each.device, each]));
  const ran: Record<string, Millis> = {};
  for (const rule of cooling) {
    const isOne = serves(rule);
    const runs = devices.some((each) => isOne(each.device) && (each.want.kind === 'awake' || isRunning(each, picture)));
    // After a start nobody knows how long it has been: then it runs on from now.
    const ranAt = runs ? now.mono : (before[rule.device] ?? now.mono);
    ran[rule.device] = ranAt;
    const own = planned.get(rule.device);
    if (!own) continue;
    const turned = steered(own, rule, now.mono - ranAt, picture, now);
    // A rack that only observes starts a pump, and stops none.
    planned.set(rule.device, turned.want.kind === 'asleep' && !mayAct(picture, policy) ? own : turned);
  }
  const unready = cooling.filter(({ device, ahead_s }) => !hasRun(deviceOf(picture, device), ahead_s * 1000, now));
  const waited = unready.map((rule) => ({ rule, isOne: serves(rule) }));
  return {
    devices: devices.map((each) => planned.get(each.device) ?? each),
    ran,
    whyWait: (device) => {
      const rule = waited.find(({ isOne }) => isOne(device))?.rule;
      return rule && `waits until ${rule.device} has run for ${rule.ahead_s} s`;
    },
  };
}

function serves({ device: own, serves: those }: Rule): (device: string) => boolean {
  const served = those === 'all' ? undefined : new Set(those);
  return (device) => device !== own && (served === undefined || served.has(device));
}

/** As far as anyone knows: what does not say is taken to run. */
function isRunning({ device }: PlannedDevice, picture: Picture): boolean {
  const view = deviceOf(picture, device);
  return view !== undefined && !isSeenAsleep(view);
}

function steered(own: PlannedDevice, rule: Rule, sinceMs: Millis, picture: Picture, now: Now): PlannedDevice {
  const view = deviceOf(picture, rule.device);
  const isLocked = picture.local.lockedOut.includes(rule.device) || isManual(picture, now);
  if (!view || isLocked || view.state === 'wrong_device') return own;
  const runOnMs = rule.run_on_s * 1000;
  if (sinceMs < runOnMs) {
    const want = own.home.kind === 'awake' ? own.home : awake;
    const why = sinceMs === 0 ? 'cools what runs, or is about to' : `runs on for ${rule.run_on_s} s`;
    return { ...own, want, hands: 'on', expectedW: wattsAt(view, want), why };
  }
  if (rule.when_idle === 'home') return own;
  const why = `nothing that it cools has run for ${rule.run_on_s} s`;
  return { ...own, want: asleep, hands: 'on', expectedW: wattsAt(view, asleep), why };
}

function hasRun(view: DeviceView | undefined, ms: Millis, now: Now): boolean {
  if (!view || (view.state !== 'awake' && view.state !== 'limited')) return false;
  return now.mono - view.since.mono >= ms;
}
