/** What a device's movements teach of it, newest first in weight: hardware ages, and summers are warmer. Pure. */
import type { Seconds, Watts } from '#protocol/units.ts';
import type { DeviceFacts, Learned, Setting } from './observation.ts';
import type { Change, DeviceView, Moved } from './picture.ts';
import { residualW, sameSetting, wattsAt } from './setting.ts';

/** What one more sighting weighs against all before it. */
const WEIGHT = 0.3;
/** A movement that moved less than this share of what was expected says nothing of how the device moves. */
const CREDIBLE = 0.5;
/** Odds from fewer calls say nothing; beyond the most, older ones fade. */
const LEAST_CALLS = 5;
const MOST_CALLS = 100;

export function learnedFrom(device: DeviceView, moved: Moved): Learned {
  const known = device.facts.learned ?? {};
  const { from, to, shown, outlets, feed, after } = moved;
  const seen = outlets ?? feed;
  const expectedW = wattsAt(device, to) - wattsAt(device, from);
  if (!shown || !seen || (seen.afterW - seen.beforeW) / expectedW < CREDIBLE) return known;
  const wattsSeen = outlets ? wattsByOutlets(moved, outlets) : wattsByFeed(device, moved, seen);
  const wattsAtAll = wattsSeen.reduce((all, [setting, watts]) => withWatts(all, setting, watts), known.wattsAt ?? []);
  return { ...known, ...(after && withTimes(known, after, expectedW, from)), wattsAt: wattsAtAll };
}

/** `again`: it is asked for what it did not do at the first asking. */
export function learnedFromCall(learned: Learned = {}, attempts: number): Learned {
  if (attempts > 2) return learned;
  const { calls = 0, failed = 0 } = learned;
  const fade = calls >= MOST_CALLS ? 0.5 : 1;
  const next = attempts === 1 ? { calls: calls * fade + 1, failed: failed * fade } : { calls, failed: failed + 1 };
  const known = next.calls >= LEAST_CALLS;
  return { ...learned, ...next, ...(known && { failureOdds: Math.min(1, next.failed / next.calls) }) };
}

/** Seconds that a call which lowers it takes to be seen: learned, or else the control's prior. */
export function dropS({ learned, controls }: DeviceFacts, control: 'sleep' | 'limit'): Seconds {
  return learned?.drop90S ?? (controls[control]?.settle_ms ?? 0) / 1000;
}

/** Seconds until it draws what it will after a raise: learned for a wake, or else the control's prior. */
export function riseS({ learned, controls }: DeviceFacts, control: 'wake' | 'limit'): Seconds {
  const priorS = (controls[control]?.settle_ms ?? 0) / 1000;
  return control === 'wake' ? (learned?.rampUpS ?? priorS) : priorS;
}

function withTimes(
  known: Learned,
  { tenth, ninety, ninetyFive }: NonNullable<Moved['after']>,
  expectedW: Watts,
  from: Setting,
): Learned {
  if (expectedW < 0) return { drop10S: blended(known.drop10S, tenth), drop90S: blended(known.drop90S, ninety) };
  return from.kind === 'asleep' ? { rampUpS: blended(known.rampUpS, ninetyFive) } : {};
}

/** An outlet tells what passes through it. */
function wattsByOutlets({ from, to }: Moved, { beforeW, afterW }: Change): [Setting, Watts][] {
  return [
    [from, beforeW],
    [to, afterW],
  ];
}

/** The feed tells only differences: from sleep, whose few watts are known, or from a setting whose watts are. */
function wattsByFeed(device: DeviceView, { from, to }: Moved, { beforeW, afterW }: Change): [Setting, Watts][] {
  const changeW = afterW - beforeW;
  if (to.kind === 'asleep') return [[from, residualW(device) - changeW]];
  if (from.kind === 'asleep') return [[to, residualW(device) + changeW]];
  const fromW = device.facts.learned?.wattsAt?.find(({ setting }) => sameSetting(setting, from))?.watts;
  return fromW === undefined ? [] : [[to, fromW + changeW]];
}

type WattsAt = NonNullable<Learned['wattsAt']>;

/** The most settings that are kept: a dial of one watt a step has thousands. */
const MOST_SETTINGS = 12;

function withWatts(all: WattsAt, setting: Setting, watts: Watts): WattsAt {
  const before = all.find((each) => sameSetting(each.setting, setting))?.watts;
  const others = all.filter((each) => !sameSetting(each.setting, setting));
  return [...others, { setting, watts: blended(before, watts) }].slice(-MOST_SETTINGS);
}

function blended(known: number | undefined, seen: number): number {
  return known === undefined ? seen : known + WEIGHT * (seen - known);
}
