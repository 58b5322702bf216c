/**
 * Which devices may start now, of those that are to: none into a hot or blind aisle, none before what cools it, and one
 * after the other, since each takes its inrush. What has been told to start is not called back for that.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import { asleep, isSeenAsleep, residualW } from '#agent/state/setting.ts';
import type { Millis } from '#protocol/units.ts';
import type { PlannedDevice } from '../plan.ts';
import type { Ran } from './cooling.ts';
import { cooled } from './cooling.ts';
import { warmestInlet } from './guard.ts';
import { whyHot, whyNoStartIn } from './heat.ts';
import type { Zone } from './zones.ts';
import { zonesOf } from './zones.ts';

export type StartMemory = {
  /** Those that may start and have not been seen to. */
  readonly leave: readonly string[];
  /** When leave was last given, monotonic. */
  readonly givenAt: Millis;
  readonly ran: Ran;
};

export const noStarts: StartMemory = { leave: [], givenAt: Number.MIN_SAFE_INTEGER, ran: {} };

export type Started = {
  readonly devices: readonly PlannedDevice[];
  readonly memory: StartMemory;
  /** Why some may not start, other than for their turn; each reason once. */
  readonly held: readonly string[];
};

export function started(
  planned: readonly PlannedDevice[],
  picture: Picture,
  policy: Policy,
  before: StartMemory,
  now: Now,
): Started {
  const { devices, ran, whyWait } = cooled(planned, picture, policy, before.ran, now);
  const cools = new Set(policy.cooling.map(({ device }) => device));
  const starting = devices.filter((each) => isStarting(each, picture) && !cools.has(each.device));
  if (starting.length === 0) return { devices, memory: { ...before, leave: [], ran }, held: [] };
  const hot = zonesOf(picture).flatMap((zone) => {
    const why = whyNotInto(zone, policy, now);
    return why === undefined ? [] : [{ has: zone.has, why }];
  });
  const reasons = new Map<string, string>();
  for (const { device } of starting) {
    const why = hot.find(({ has }) => has(device))?.why ?? whyWait(device);
    if (why !== undefined) reasons.set(device, why);
  }
  const free = starting.filter(({ device }) => !reasons.has(device)).map(({ device }) => device);
  const leave = withLeave(free, before, policy.starts.apart_s * 1000, now);
  const may = new Set(leave);
  const givenAt = leave.some((device) => !before.leave.includes(device)) ? now.mono : before.givenAt;
  const held = new Set(reasons.values());
  const turn = `waits for its turn: one starts every ${policy.starts.apart_s} s`;
  for (const device of free) if (!may.has(device)) reasons.set(device, turn);
  return {
    devices: reasons.size === 0 ? devices : devices.map((each) => heldBack(each, reasons.get(each.device), picture)),
    memory: { leave, givenAt, ran },
    held: [...held],
  };
}

/** Told to run, by its own word at rest, and not told yet. */
function isStarting({ device, want, hands }: PlannedDevice, picture: Picture): boolean {
  if (want.kind === 'asleep' || hands === 'off') return false;
  const view = deviceOf(picture, device);
  if (!view || !isSeenAsleep(view)) return false;
  const { asked } = view;
  return asked?.setting.kind !== 'awake' || asked.outcome === 'failed';
}

/** A turn of the loop comes once a second at the least: what was free to start since the last one may start in this. */
const TURN_MS: Millis = 1000;

function withLeave(free: readonly string[], { leave, givenAt }: StartMemory, apartMs: Millis, now: Now): string[] {
  if (apartMs === 0) return [...free];
  const had = new Set(leave);
  const elapsedMs = Math.min(now.mono - givenAt, Math.max(TURN_MS, apartMs));
  const next = free.filter((device) => !had.has(device)).slice(0, Math.floor(elapsedMs / apartMs));
  return [...free.filter((device) => had.has(device)), ...next];
}

function whyNotInto(zone: Zone, policy: Policy, now: Now): string | undefined {
  const { inlet_below_c } = policy.restore;
  const inletC = warmestInlet(zone.sensors, now);
  if (inletC !== undefined && inlet_below_c !== undefined && inletC >= inlet_below_c) {
    return `the inlet is at ${inletC.toFixed(1)} °C: nothing starts at ${inlet_below_c} °C or more`;
  }
  const hot = whyHot(zone, policy, now);
  return hot === undefined ? whyNoStartIn(zone, policy, now) : `${hot}: nothing starts into that`;
}

function heldBack(each: PlannedDevice, why: string | undefined, picture: Picture): PlannedDevice {
  const view = deviceOf(picture, each.device);
  return why === undefined || !view ? each : { ...each, want: asleep, expectedW: residualW(view), why };
}
