/** A plan in the words of the wire. */
import { entryOf } from '#agent/state/entry.ts';
import type { Now, Setting } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf, isManual } from '#agent/state/picture.ts';
import { settingText } from '#agent/state/setting.ts';
import type { Applied, AppliedOrder, Bay, OfferBlock, Offered, RackMode } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import { eventKey } from './demand/compose.ts';
import type { Block } from './offer/curve.ts';
import type { Offer } from './offer/offer.ts';
import type { Memory, Plan, Track } from './plan.ts';

/** The orders that still matter, for the `applied` topic. */
export function appliedOrders({ tracks, baselines }: Memory): AppliedOrder[] {
  return tracks.filter(({ done }) => !done).map((track) => trackInWords(track, baselines));
}

/** Those of events that are over, as long as the broker holds them: who looks later sees how it went. */
export function finishedOrders({ tracks, baselines }: Memory): AppliedOrder[] {
  const open = new Set(tracks.filter(({ done }) => !done).map(eventKey));
  return tracks.filter((track) => !open.has(eventKey(track))).map((track) => trackInWords(track, baselines));
}

function trackInWords(track: Track, baselines: Memory['baselines']): AppliedOrder {
  const { order, event, issuer, program, phase, levelW, until, reached, short } = track;
  const baseline = baselines[eventKey(track)];
  return {
    order,
    event,
    issuer,
    program,
    phase,
    level_w: levelW === undefined ? null : Math.round(levelW),
    until: timestampOf(until),
    baseline_w: baseline?.watts ?? null,
    baseline_method: baseline?.method ?? null,
    reached: Object.fromEntries(Object.entries(reached).map(([each, at]) => [each, timestampOf(at)])),
    short: [...short],
  };
}

/** Per device: what is wanted, why, and its home. */
export function intents(
  { devices }: Plan,
  { homes }: Memory,
  picture: Picture,
): { device: string; want: string; why: string; home: string }[] {
  return devices.map(({ device, want, why }) => {
    const unit = deviceOf(picture, device)?.facts.controls['limit']?.range?.unit ?? 'percent';
    const inWords = (setting: Setting) => settingText(setting, unit);
    const home = entryOf(homes, device);
    return { device, want: inWords(want), why, home: home ? inWords(home) : 'unknown' };
  });
}

/** Homes as the rack swears to them. */
export function homesInWords({ homes }: Memory): Applied['homes'] {
  const words = Object.entries(homes).map(([device, home]) => [
    device,
    { asleep: home.kind === 'asleep', limit: home.kind === 'awake' ? (home.limit ?? null) : null },
  ]);
  return Object.fromEntries(words);
}

/** What GPUs that change their use serve, for the `workload` topic. */
export function baysInWords({ bays }: Plan): Bay[] {
  return bays.map(({ bay, gpus, stage, wanted, why }) => ({
    bay,
    gpus: [...gpus],
    serves: stage.serves,
    since: timestampOf(stage.since),
    to: stage.turn?.to ?? null,
    step: stage.turn?.step ?? null,
    wanted,
    why,
    last_failure: stage.failed?.why ?? null,
    learned: stage.learned.map((way) => ({ ...way, seconds: Math.round(way.seconds * 10) / 10 })),
  }));
}

/** What the rack can give and take, for the `info` topic. */
export function offerInWords({ ratedW, down, up, forS }: Offer): Offered {
  return {
    rated_w: ratedW,
    down_w: Math.round(together(down.blocks)),
    up_w: Math.round(together(up.blocks)),
    down_s: slowest(down.blocks),
    up_s: slowest(up.blocks),
    down_why_none: down.whyNone ?? null,
    up_why_none: up.whyNone ?? null,
    for_s: forS ?? null,
    down_curve: down.blocks.map(blockInWords),
    up_curve: up.blocks.map(blockInWords),
  };
}

function blockInWords({ watts, usdPerMwh, joulesPerTh, seconds, confidence, devices }: Block): OfferBlock {
  const to = (digits: number, value: number | undefined) =>
    value === undefined ? null : Number(value.toFixed(digits));
  return {
    watts: Math.round(watts),
    usd_per_mwh: to(2, usdPerMwh),
    j_per_th: to(1, joulesPerTh),
    seconds: tenths(seconds),
    confidence: to(3, confidence),
    devices,
  };
}

function together(blocks: readonly Block[]): Watts {
  return blocks.reduce((total, { watts }) => total + watts, 0);
}

function slowest(blocks: readonly Block[]): Seconds {
  return tenths(Math.max(0, ...blocks.map(({ seconds }) => seconds)));
}

function tenths(seconds: Seconds): Seconds {
  return Math.round(seconds * 10) / 10;
}

export function rackMode(plan: Plan, memory: Memory, picture: Picture, now: Now, observing: boolean): RackMode {
  if (isManual(picture, now)) return 'manual';
  if (observing) return 'observing';
  // A device that commissioning moves is away from home, but nobody curtails it.
  const tried = memory.run !== undefined && memory.run.over === undefined;
  return plan.lineW !== undefined || (memory.moved.length > 0 && !tried) ? 'curtailed' : 'normal';
}
