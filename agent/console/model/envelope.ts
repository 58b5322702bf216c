/**
 * Between which watts the site should be in an event: down as fast as its ramp allows and as late as its deadline, and
 * back as soon as it ends or when the last rack's turn has come.
 */
import type { Info } from '#protocol/telemetry.ts';
import type { Millis, Seconds, Watts, WattsPerSecond } from '#protocol/units.ts';
import { addressed } from './events.ts';
import type { GridEvent, Rack, Site } from './site.ts';
import { sum } from './sum.ts';

export type Envelope = {
  readonly fromMs: Millis;
  readonly untilMs: Millis;
  /** Of the site before, and once everyone who accepted is at the level. */
  readonly startW: Watts;
  readonly levelW: Watts;
  readonly deadlineMs: Millis;
  /** Of all racks together; infinite where nothing limits them. */
  readonly downWPerS: WattsPerSecond;
  readonly upWPerS: WattsPerSecond;
  /** From the end until the last of them has begun to rise and its devices are awake; undefined where one does not say. */
  readonly backMs: Millis | undefined;
};

export type Band = { readonly low: Watts; readonly high: Watts };

/** A level counts as met up to 1 % above it. */
const TOLERANCE = 1.01;

/**
 * undefined until a rack that has accepted says from which baseline to which level it goes. `beforeW` is what the site
 * drew just before, where that was seen.
 */
export function envelopeOf({ racks }: Site, event: GridEvent, beforeW: Watts | undefined): Envelope | undefined {
  const cutting = addressed(event, racks).filter((rack) => cutOf(rack, event.key) !== undefined);
  const order = [...event.orders.values()].at(-1);
  if (!order || cutting.length === 0) return undefined;
  const { down_w_per_s, up_w_per_s } = order.ramp;
  const startW = beforeW ?? baselinesW(racks, new Set(cutting), event.key);
  const levelW = Math.max(0, startW - sum(cutting, (rack) => cutOf(rack, event.key) ?? 0));
  return {
    fromMs: event.fromMs,
    untilMs: event.untilMs,
    startW,
    levelW,
    deadlineMs: event.fromMs + 1000 * order.deadline_s,
    downWPerS: (down_w_per_s ?? Number.POSITIVE_INFINITY) * cutting.length,
    upWPerS: sum(cutting, ({ info }) => slowest(up_w_per_s, info?.step_up_w_per_s)),
    backMs: backMs(cutting),
  };
}

function backMs(cutting: readonly Rack[]): Millis | undefined {
  const all = cutting.map(({ info }) => (info?.restore_window_s ?? Number.NaN) + wakeS(info));
  const latestS = Math.max(...all);
  return Number.isNaN(latestS) ? undefined : 1000 * latestS;
}

/** Of the slowest of its devices, as it was seen or as its kind is known for. */
function wakeS(info: Info | undefined): Seconds {
  const each = info?.devices.map(
    ({ learned, controls }) => learned.ramp_up_s ?? (controls['wake']?.settle_ms ?? 0) / 1000,
  );
  return Math.max(0, ...(each ?? []));
}

function slowest(...rates: readonly (WattsPerSecond | null | undefined)[]): WattsPerSecond {
  return Math.min(...rates.map((rate) => rate ?? Number.POSITIVE_INFINITY));
}

function cutOf({ standings }: Rack, key: string): Watts | undefined {
  const { baselineW, levelW } = standings.get(key) ?? {};
  return baselineW === undefined || levelW === undefined ? undefined : Math.max(0, baselineW - levelW);
}

/** For who opens the page in mid-event: the baselines of those who cut, and what the others draw. */
function baselinesW(racks: ReadonlyMap<string, Rack>, cutting: ReadonlySet<Rack>, key: string): Watts {
  return sum(
    [...racks.values()],
    (rack) => (cutting.has(rack) ? rack.standings.get(key)?.baselineW : rack.power?.power_w) ?? 0,
  );
}

/** At a moment; undefined before the event, and once all must be back. */
export function bandAt(envelope: Envelope, atMs: Millis): Band | undefined {
  const { fromMs, untilMs } = envelope;
  if (atMs < fromMs) return undefined;
  return atMs <= untilMs ? wayDown(envelope, atMs - fromMs) : wayBack(envelope, atMs - untilMs);
}

function wayDown({ fromMs, startW, levelW, deadlineMs, downWPerS }: Envelope, sinceMs: Millis): Band {
  const fastest = startW - moved(downWPerS, sinceMs, startW - levelW);
  const share = Math.min(1, sinceMs / Math.max(1, deadlineMs - fromMs));
  const latest = Math.max(fastest, startW - share * (startW - levelW));
  return { low: fastest, high: share < 1 ? latest : Math.max(latest, levelW * TOLERANCE) };
}

function wayBack({ startW, levelW, upWPerS, backMs: lateMs }: Envelope, sinceMs: Millis): Band | undefined {
  if (lateMs === undefined) return undefined;
  const cutW = startW - levelW;
  const low = levelW + moved(upWPerS, sinceMs - lateMs, cutW);
  return low < startW ? { low, high: levelW + moved(upWPerS, sinceMs, cutW) } : undefined;
}

/** So far a ramp has come on a way of so many watts. */
function moved(wPerS: WattsPerSecond, ms: Millis, wayW: Watts): Watts {
  if (ms < 0) return 0;
  return Number.isFinite(wPerS) ? Math.min(wayW, (wPerS * ms) / 1000) : wayW;
}
