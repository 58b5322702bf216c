/** The rack's devices as deciding sees them: who can be steered, who is left alone and why, and what each draws. */
import type { Policy } from '#agent/config/policy.ts';
import { entryOf } from '#agent/state/entry.ts';
import type { Setting } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { devicesOf, isManual } from '#agent/state/picture.ts';
import { asleep, awake, isSeenAsleep, residualW, sameSetting, shows, wattsAt } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import { isReleased } from '../commission/released.ts';
import type { Given } from '../given.ts';
import type { Moved } from '../market/market.ts';
import type { Steerable } from './allocate.ts';
import { slack, withinFlex } from './flex.ts';
import { inRank } from './rank.ts';

/** Asked this often in vain, a device counts as one that will not. */
const PATIENCE = 2;

export type LeftAlone = {
  readonly device: string;
  readonly home: Setting;
  readonly watts: Watts;
  readonly why: string;
};
export type Roster = {
  /** Empty while nothing binds. */
  readonly ranking: readonly string[];
  readonly steerable: readonly Steerable[];
  readonly leftAlone: readonly LeftAlone[];
  /** Watts of the devices that orders may move, by their nameplates: what fractions of the rack refer to. */
  readonly ratedW: Watts;
};

/** In the order of their rank. `moved` are those that a price has given another home for as long as it lasts. */
export function roster(given: Omit<Given, 'rack'>, moved: ReadonlyMap<string, Moved> = new Map()): Roster {
  const { picture, memory } = given;
  const steerable: Steerable[] = [];
  const leftAlone: LeftAlone[] = [];
  const untouchable = untouchables(given);
  const slacks = slack(picture, given.policy);
  const { ranking, views } = inRank(picture, memory.ranking);
  let ratedW = 0;
  for (const device of views) {
    const { id } = device.facts;
    const home = entryOf(memory.homes, id) ?? awake;
    const why = whyLeftAlone(device, untouchable, given);
    if (why) leftAlone.push({ device: id, home, watts: unsteeredW(device), why });
    else steerable.push(atPrice(steer(device, home, slacks.get(id)), moved.get(id)));
    if (canGoDown(device.facts.controls) && !untouchable.safe.has(id)) ratedW += device.facts.ratedW;
  }
  return { ranking, steerable, leftAlone, ratedW };
}

/** Devices that orders may move at all. */
export function steered(picture: Picture, policy: Policy): DeviceView[] {
  const safe = protectedDevices(picture, policy);
  return devicesOf(picture).filter(({ facts }) => canGoDown(facts.controls) && !safe.has(facts.id));
}

/** Named by the policy, cooling the others, or under a workload that is protected by its tier or by its name. */
function protectedDevices({ workloads }: Picture, { protect, cooling }: Policy): Map<string, string> {
  const safe = new Map(protect.map((id) => [id, 'protected by the policy']));
  for (const { device } of cooling) safe.set(device, 'it cools the others');
  for (const { facts } of Object.values(workloads)) {
    if (facts.tier !== 'protected' && !safe.has(facts.id)) continue;
    for (const gpu of facts.gpus) safe.set(gpu, `runs ${facts.id}, which is protected`);
  }
  return safe;
}

/** Until it has said who it is, a device is planned for as the one the config names, and not called. */
export function awaitsIdentity({ facts, identified, unpowered }: DeviceView): boolean {
  // Its outlets are ours, whoever hangs on them.
  return !unpowered && facts.identityRequired && !identified;
}

/** @param slackShare of its power that a cap may take from what runs there; absent for all of it. */
function steer(device: DeviceView, home: Setting, slackShare: number | undefined): Steerable {
  const dial = withinFlex(device.facts.controls['limit']?.range, slackShare);
  const homeW = wattsAt(device, home);
  const sleeps = canSleep(device.facts.controls);
  // What runs on a GPU is not told to rest while capping all of them is enough.
  const rests = sleeps && device.facts.kind === 'gpu' && dial !== undefined;
  // What cannot sleep goes down to its dial's end, unless it is there, or below, at home.
  const bottom: Setting = dial && (rests || !sleeps) ? { kind: 'awake', limit: dial.min } : asleep;
  const bottomW = wattsAt(device, bottom);
  const lowestW = Math.min(bottomW, homeW);
  const restW = rests && home.kind === 'awake' ? residualW(device) : lowestW;
  return {
    device: device.facts.id,
    home,
    homeW,
    lowest: bottomW < homeW ? bottom : home,
    lowestW,
    restW: restW < lowestW ? restW : undefined,
    fullW: device.fullW,
    dial,
    stubbornW: stubbornW(device, home),
  };
}

/** Where the price will have it instead of at home. */
function atPrice(own: Steerable, moved: Moved | undefined): Steerable {
  if (!moved) return own;
  const displaced = { home: own.home, why: moved.why };
  if (moved.stance === 'rest') return { ...own, home: own.lowest, homeW: own.lowestW, displaced };
  return { ...own, home: awake, homeW: own.fullW, displaced };
}

/** A fixed figure, not the last reading: noise in a device nobody steers must not move those that are steered. */
function unsteeredW(device: DeviceView): Watts {
  // What the device that was there before said last is nothing that its successor says.
  const sleeps = isSeenAsleep(device) && device.state !== 'wrong_device';
  return sleeps ? residualW(device) : device.fullW;
}

/** Looked up once for each device of a rack of thousands. */
type Untouchables = {
  readonly safe: ReadonlyMap<string, string>;
  readonly persons: ReadonlySet<string>;
  readonly lockedOut: ReadonlySet<string>;
};

function untouchables({ picture, policy, memory }: Pick<Given, 'picture' | 'policy' | 'memory'>): Untouchables {
  return {
    safe: protectedDevices(picture, policy),
    persons: new Set(memory.persons),
    lockedOut: new Set(picture.local.lockedOut),
  };
}

function whyLeftAlone(
  device: DeviceView,
  { safe, persons, lockedOut }: Untouchables,
  { picture, policy, ours, now }: Omit<Given, 'rack'>,
): string | undefined {
  const { facts, state, trouble, reading } = device;
  const shield = safe.get(facts.id);
  if (shield) return shield;
  if (isManual(picture, now)) return 'the rack is run by hand';
  if (persons.has(facts.id)) return 'a person put it to sleep; it is taken up again once it wakes';
  // Cuts are still allowed: only an end of sleep could hurt the hands inside.
  if (lockedOut.has(facts.id) && reading?.asleep !== false) return 'locked out';
  if (!canGoDown(facts.controls)) return 'has no control to sleep and wake, and no limit to set';
  if (state === 'wrong_device') return trouble?.message ?? 'another device is at its address';
  if (!isReleased(device, policy) && !ours.has(facts.id)) return 'not commissioned: nobody has seen yet what it moves';
  return undefined;
}

function canSleep(controls: DeviceView['facts']['controls']): boolean {
  return controls['sleep'] !== undefined && controls['wake'] !== undefined;
}

function canGoDown(controls: DeviceView['facts']['controls']): boolean {
  return canSleep(controls) || controls['limit'] !== undefined;
}

function stubbornW(device: DeviceView, home: Setting): Watts | undefined {
  if (home.kind === 'asleep' || isSeenAsleep(device)) return undefined;
  const { state, asked } = device;
  const unheard = state === 'unreachable' || state === 'unauthorised' || (awaitsIdentity(device) && device.trouble);
  const unmoved =
    asked && !sameSetting(asked.setting, home) && asked.attempts >= PATIENCE && !shows(device, asked.setting);
  return unheard || unmoved ? stayingW(device) : undefined;
}

/** A GPU that does not rest is still held by the cap that it last showed: the card itself keeps to that. */
function stayingW({ facts, reading, fullW }: DeviceView): Watts {
  const capW = facts.kind === 'gpu' && facts.controls['limit']?.range?.unit === 'watts' ? reading?.limit : undefined;
  return Math.min(fullW, capW ?? fullW);
}
