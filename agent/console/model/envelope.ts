/** Between which watts the site should be while an event runs: as fast as its ramp allows, as late as its deadline. */
import type { Millis, Watts, WattsPerSecond } from '#protocol/units.ts';
import { addressed } from './events.ts';
import type { GridEvent, Rack, Site } from './site.ts';

export type Envelope = {
  readonly fromMs: Millis;
  readonly untilMs: Millis;
  /** Of the site before, and once everyone who accepted is at the level. */
  readonly startW: Watts;
  readonly levelW: Watts;
  readonly deadlineMs: Millis;
  /** Of all racks together; infinite where the order leaves it to them. */
  readonly downWPerS: WattsPerSecond;
  readonly upWPerS: WattsPerSecond;
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
  const cuts = cutting.map((rack) => cutOf(rack, event.key) ?? 0);
  const [order] = [...event.orders.values()].slice(-1);
  if (!order || cuts.length === 0) return undefined;
  const { down_w_per_s, up_w_per_s } = order.ramp;
  const startW = beforeW ?? baselinesW(racks, new Set(cutting), event.key);
  const levelW = Math.max(0, startW - cuts.reduce((sum, watts) => sum + watts, 0));
  return {
    fromMs: event.fromMs,
    untilMs: event.untilMs,
    startW,
    levelW,
    deadlineMs: event.fromMs + 1000 * order.deadline_s,
    downWPerS: (down_w_per_s ?? Number.POSITIVE_INFINITY) * cuts.length,
    upWPerS: (up_w_per_s ?? Number.POSITIVE_INFINITY) * cuts.length,
  };
}

function cutOf({ standings }: Rack, key: string): Watts | undefined {
  const { baselineW, levelW } = standings.get(key) ?? {};
  return baselineW === undefined || levelW === undefined ? undefined : Math.max(0, baselineW - levelW);
}

/** For who opens the page in mid-event: the baselines of those who cut, and what the others draw. */
function baselinesW(racks: ReadonlyMap<string, Rack>, cutting: ReadonlySet<Rack>, key: string): Watts {
  return [...racks.values()].reduce((sum, rack) => {
    const watts = cutting.has(rack) ? rack.standings.get(key)?.baselineW : rack.power?.power_w;
    return sum + (watts ?? 0);
  }, 0);
}

/** At a moment; undefined before the event, and once the way back up is over as far as its orders tell. */
export function bandAt(envelope: Envelope, atMs: Millis): Band | undefined {
  const { fromMs, untilMs, startW, levelW, deadlineMs, downWPerS, upWPerS } = envelope;
  if (atMs < fromMs) return undefined;
  const cutW = startW - levelW;
  if (atMs <= untilMs) {
    const fastest = downed(startW, levelW, downWPerS, atMs - fromMs);
    const share = Math.min(1, (atMs - fromMs) / Math.max(1, deadlineMs - fromMs));
    const latest = Math.max(fastest, startW - share * cutW);
    return { low: fastest, high: share < 1 ? latest : Math.max(latest, levelW * TOLERANCE) };
  }
  const upMs = Number.isFinite(upWPerS) ? (1000 * cutW) / upWPerS : 0;
  if (atMs > untilMs + upMs) return undefined;
  return { low: levelW, high: Math.min(startW, levelW + (upWPerS * (atMs - untilMs)) / 1000) };
}

/** Watts after going down from one level to another for so long. */
function downed(fromW: Watts, toW: Watts, wPerS: WattsPerSecond, ms: Millis): Watts {
  if (!Number.isFinite(wPerS)) return toW;
  return Math.max(toW, fromW - (wPerS * ms) / 1000);
}
