/**
 * Moves one device at a time, down and home again, and judges what that moved. A part of deciding, so that whatever ends
 * it, a Ctrl-C, an order or the agent itself, the plan is home again for every device.
 */
import type { Policy } from '#agent/config/policy.ts';
import { entryOf } from '#agent/state/entry.ts';
import type { Now, Setting } from '#agent/state/observation.ts';
import { binding } from '#agent/state/orders.ts';
import type { DeviceView, Moved, Picture } from '#agent/state/picture.ts';
import { deviceOf, feedMeter, isManual } from '#agent/state/picture.ts';
import { asleep, awake, controlFor, sameSetting, settingText, shows } from '#agent/state/setting.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Memory, PlannedDevice } from '../plan.ts';
import { steered } from '../share/roster.ts';
import { fitOf, looseFitOf } from './fit.ts';

export type Result = {
  readonly device: string;
  /** Whether it was moved, or seen to move: without that it neither fits nor does not. */
  readonly tried: boolean;
  readonly fits: boolean;
  readonly findings: readonly string[];
  /** The outlets that moved with it. */
  readonly outlets: readonly string[];
  readonly feedW: Watts | undefined;
  readonly outletsW: Watts | undefined;
};

/** One device between its first move and its last. */
type Test = {
  readonly device: string;
  /** What it is to run as, one after the other; the last is home. Empty while it is watched standing still. */
  readonly legs: readonly Setting[];
  readonly since: Now;
  readonly moves: readonly Moved[];
  /** A leg that did not come about. */
  readonly failed?: string;
};

export type Run = {
  /** When it was asked for: what tells one run from the next. */
  readonly begunAt: Millis;
  readonly waiting: readonly string[];
  readonly test?: Test;
  readonly results: readonly Result[];
  /** Why it is over. */
  readonly over?: string;
};

/** A device is watched standing still for so long, and not longer if the rack does not come to rest. */
const STILL_MS: Millis = 12_000;
const RESTLESS_MS: Millis = 60_000;
/** Beyond its control's own time, and what a movement may take to be judged. */
const GRACE_MS: Millis = 120_000;
/** One that shows what it is asked for, and has not begun to move by then, was there before. */
const UNMOVED_MS: Millis = 20_000;
/** A feed that moves by more than this by itself cannot tell what a device does. */
const RESTLESS_W: Watts = 150;

/** Why no device may be moved for trying now; undefined when nothing speaks against it. */
export function whyNoRun(picture: Picture, memory: Memory, now: Now): string | undefined {
  const [bound] = binding(picture, now.wall);
  if (bound) return `an order binds: ${bound.accepted.order.id} of ${bound.accepted.order.issuer}`;
  if (isManual(picture, now)) return 'the rack is run by hand';
  if (!picture.ordersKnown) return 'the orders that the broker keeps are not known yet';
  if (memory.line) return 'the rack is not home yet from an order';
  const away = memory.moved.filter((id) => id !== memory.run?.test?.device);
  return away.length > 0 ? `${away.join(', ')} is not home yet` : undefined;
}

/** undefined when nobody has asked for one, or has called it off. */
export function advanced(picture: Picture, policy: Policy, memory: Memory, now: Now): Run | undefined {
  const { commission } = picture;
  if (!commission) return undefined;
  const same = memory.run?.begunAt === commission.at.mono ? memory.run : undefined;
  const run = same ?? { begunAt: commission.at.mono, waiting: commission.devices, results: [] };
  if (run.over !== undefined) return run;
  const why = whyNoRun(picture, memory, now);
  if (why !== undefined) return ended(run, why);
  const { test } = run;
  if (test) return tested(run, test, picture, memory, now);
  return next(run, picture, policy, memory, now);
}

/** The device under test counts as moved from the moment it is chosen: a kill -9 in its first move leaves it on record. */
export function withTested(moved: readonly string[], run: Run | undefined): readonly string[] {
  const device = run?.test?.device;
  return device === undefined || moved.includes(device) ? moved : [...moved, device].sort();
}

/** The plan while a device is under test: the others stay as they are. */
export function underTest(devices: readonly PlannedDevice[], run: Run | undefined): readonly PlannedDevice[] {
  const want = run?.test?.legs[0];
  if (want === undefined) return devices;
  return devices.map((each) => {
    const isTested = each.device === run?.test?.device && !each.why.startsWith('left alone');
    return isTested ? { ...each, want, why: 'commissioning: it is moved to see what follows' } : each;
  });
}

function next(run: Run, picture: Picture, policy: Policy, memory: Memory, now: Now): Run {
  const [device, ...waiting] = run.waiting;
  if (device === undefined) return ended(run, 'every device has been tried');
  const view = deviceOf(picture, device);
  const why = view ? whySkipped(view, picture, policy, memory) : 'it is not there any more';
  if (why !== undefined) return { ...run, waiting, results: [...run.results, without(device, why)] };
  return { ...run, waiting, test: { device, legs: [], since: now, moves: [] } };
}

function whySkipped(view: DeviceView, picture: Picture, policy: Policy, { homes }: Memory): string | undefined {
  const { facts, state, trouble } = view;
  if (!steered(picture, policy).some((each) => each.facts.id === facts.id)) return 'protected, or without controls';
  if (picture.local.lockedOut.includes(facts.id)) return 'locked out';
  if (state === 'wrong_device') return trouble?.message ?? 'another device is at its address';
  if (state !== 'awake' && state !== 'limited' && state !== 'asleep')
    return `${state}: ${trouble?.message ?? 'it has not been heard'}`;
  if (!entryOf(homes, facts.id)) return 'how it runs at home is not known yet';
  if (Object.keys(picture.pdus).length === 0 && !feedMeter(picture)) return 'no meter and no PDU that could follow it';
  return undefined;
}

function tested(run: Run, test: Test, picture: Picture, { homes }: Memory, now: Now): Run {
  const view = deviceOf(picture, test.device);
  const home = entryOf(homes, test.device);
  if (!view || !home) return concluded(run, { ...test, failed: 'it is not there any more' }, undefined, picture);
  const waitedMs = now.mono - test.since.mono;
  const [leg] = test.legs;
  if (leg === undefined) {
    if (waitedMs < STILL_MS || (isRestless(picture, now) && waitedMs < RESTLESS_MS)) return run;
    return { ...run, test: { ...test, legs: legsOf(view, home), since: now } };
  }
  const { moved } = view;
  const arrived = moved && moved.begunAt.mono >= test.since.mono && sameSetting(moved.to, leg) ? moved : undefined;
  // One that did not do the leg before is home already.
  const stands = shows(view, leg) && !view.movement && waitedMs > UNMOVED_MS;
  if (!arrived && !stands && waitedMs < longestMs(view, leg)) return run;
  const done = stands || arrived?.shown;
  const failed = done ? undefined : `it was not ${settingText(leg)} within ${Math.round(waitedMs / 1000)} s`;
  // What did not come about is given up, and it goes home.
  const legs = failed && test.legs.length > 1 ? [home] : test.legs.slice(1);
  const after: Test = {
    ...test,
    legs,
    since: now,
    moves: arrived?.shown ? [...test.moves, arrived] : test.moves,
    ...(failed && { failed: test.failed ?? failed }),
  };
  if (legs.length > 0) return { ...run, test: after };
  const judged = concluded(run, after, view, picture);
  // Whatever keeps it from coming home may keep the next from it too.
  return failed ? ended(judged, `${test.device} has not come home: see to it first`) : judged;
}

/** Half-way where it has a dial, all the way, and home; a sleeper the other way round. */
function legsOf({ facts, reading }: DeviceView, home: Setting): Setting[] {
  if (home.kind === 'asleep') return [awake, home];
  const { sleep, wake, limit } = facts.controls;
  const range = limit?.range;
  const fullest = Math.min(home.limit ?? range?.max ?? 0, range?.max ?? 0);
  const half = range && range.min + Math.round((fullest - range.min) / 2 / range.step) * range.step;
  const partial: Setting[] =
    half !== undefined && half < fullest && reading?.asleep !== true ? [{ kind: 'awake', limit: half }] : [];
  const lowest: Setting[] = sleep && wake ? [asleep] : range ? [{ kind: 'awake', limit: range.min }] : [];
  return [...partial, ...lowest, home];
}

function concluded(run: Run, { device, moves, failed }: Test, view: DeviceView | undefined, picture: Picture): Run {
  const fits = view ? moves.map((moved) => (isWhole(moved) ? fitOf : looseFitOf)(view, moved, picture)) : [];
  const whole = fits[moves.findIndex(isWhole)] ?? fits[0];
  const findings = [...new Set([...(failed ? [failed] : []), ...fits.flatMap((fit) => fit.findings)])];
  const result: Result = {
    device,
    tried: true,
    fits: findings.length === 0 && whole !== undefined,
    findings,
    outlets: whole?.outlets ?? [],
    feedW: whole?.feedW,
    outletsW: whole?.outletsW,
  };
  const { test: _done, ...rest } = run;
  return { ...rest, results: [...run.results, result] };
}

/** All the way down: what is known best of it. */
function isWhole({ to }: Moved): boolean {
  return to.kind === 'asleep';
}

function ended({ test, ...run }: Run, over: string): Run {
  const cut = test ? [without(test.device, 'broken off before the end')] : [];
  return { ...run, results: [...run.results, ...cut], over };
}

function without(device: string, finding: string): Result {
  return { device, tried: false, fits: false, findings: [finding], outlets: [], feedW: undefined, outletsW: undefined };
}

function isRestless(picture: Picture, now: Now): boolean {
  const watts = (feedMeter(picture)?.samples ?? [])
    .filter(({ mono }) => now.mono - mono <= STILL_MS)
    .map(({ powerW }) => powerW);
  return watts.length > 0 && Math.max(...watts) - Math.min(...watts) > RESTLESS_W;
}

function longestMs({ facts }: DeviceView, leg: Setting): Millis {
  const control = facts.controls[controlFor(leg)];
  return (control?.settle_ms ?? 0) * 1.5 + GRACE_MS;
}
