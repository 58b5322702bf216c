/**
 * What the rack drew by itself over the last hours, for a baseline that averages them: means of five minutes each, of
 * which those with a cut in them are left out. Kept only where the policy's window is that long.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Baseline, Memory } from '../plan.ts';

/** Wall times: they last over a restart. */
type Span = { readonly from: Millis; readonly watts: Watts };

export type Usage = {
  /** Oldest first, as long as the policy's window. */
  readonly spans: readonly Span[];
  /** The span that is being measured. */
  readonly open?: Open;
};

type Open = {
  readonly from: Millis;
  readonly sumW: Watts;
  readonly looks: number;
  /** When the last look came, monotonic. */
  readonly lookAt: Millis;
  readonly cut: boolean;
};

export const noUsage: Usage = { spans: [] };

/** A window up to this is looked up among the meter's own samples. */
export const LONGEST_SAMPLED_S = 300;
const SPAN_MS: Millis = 300_000;
/** Fewer looks make no mean, and fewer spans no hours. */
const LEAST_LOOKS = 10;
const LEAST_SPANS = 6;
const HOUR_MS: Millis = 3_600_000;

export function withUsage({ usage, moved, line }: Memory, picture: Picture, policy: Policy, now: Now): Usage {
  if (policy.baseline_window_s <= LONGEST_SAMPLED_S) return noUsage;
  const cut = moved.length > 0 || line !== undefined;
  const { spans, open } = usage;
  const isOver = open !== undefined && (now.wall - open.from >= SPAN_MS || now.wall < open.from);
  const kept = isOver ? closed(spans, open, policy, now) : spans;
  const going = isOver || !open ? { from: now.wall, sumW: 0, looks: 0, lookAt: open?.lookAt ?? 0, cut } : open;
  const look = freshMeter(feedMeter(picture), now);
  const isCut = going.cut || cut;
  if (look?.powerW === undefined || look.at.mono <= going.lookAt)
    return { spans: kept, open: { ...going, cut: isCut } };
  const { sumW, looks } = going;
  return {
    spans: kept,
    open: { ...going, sumW: sumW + look.powerW, looks: looks + 1, lookAt: look.at.mono, cut: isCut },
  };
}

/** Of the policy's window; undefined where too little of it was seen, or where that is not what the policy asks for. */
export function usualW({ spans }: Usage, { baseline_window_s }: Policy, now: Now): Baseline | undefined {
  if (baseline_window_s <= LONGEST_SAMPLED_S) return undefined;
  const within = young(spans, baseline_window_s, now);
  if (within.length < LEAST_SPANS) return undefined;
  const watts = within.reduce((sum, span) => sum + span.watts, 0) / within.length;
  const hours = (ms: Millis) => Math.round((ms / HOUR_MS) * 10) / 10;
  const seen = `${hours(within.length * SPAN_MS)} h without a cut`;
  return { watts: Math.round(watts), method: `metered mean of the last ${hours(baseline_window_s * 1000)} h: ${seen}` };
}

function closed(spans: readonly Span[], { from, sumW, looks, cut }: Open, policy: Policy, now: Now): readonly Span[] {
  const known = young(spans, policy.baseline_window_s, now);
  return cut || looks < LEAST_LOOKS || now.wall < from ? known : [...known, { from, watts: sumW / looks }];
}

function young(spans: readonly Span[], windowS: number, { wall }: Now): readonly Span[] {
  return spans.filter(({ from }) => from >= wall - windowS * 1000 && from <= wall);
}
