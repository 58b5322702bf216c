/** What the rack drew before an event: frozen when the event's first order binds, before any of its cuts. */
import type { Policy } from '#agent/config/policy.ts';
import { entryOf } from '#agent/state/entry.ts';
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import type { Binding } from '#agent/state/orders.ts';
import type { Picture, Sample } from '#agent/state/picture.ts';
import { devicesOf, feedMeter } from '#agent/state/picture.ts';
import { sameSetting, settingShown } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import type { Baseline, Memory } from '../plan.ts';
import { eventKey } from './compose.ts';
import { LONGEST_SAMPLED_S, usualW } from './usage.ts';

/** Fewer samples than this say nothing about a mean. */
const LEAST_SAMPLES = 3;

/**
 * Baselines of the events that are known, with those of the events that begin now added. `homeW` is what the rack would
 * draw by its nameplates.
 */
export function frozenBaselines(
  bindings: readonly Binding[],
  picture: Picture,
  policy: Policy,
  memory: Memory,
  homeW: Watts,
  now: Now,
): Memory['baselines'] {
  const known = new Set([...openEvents(picture), ...memory.tracks.map(eventKey)]);
  const kept = Object.entries(memory.baselines).filter(([key]) => known.has(key));
  const begun = bindings.filter(({ accepted }) => !(eventKey(accepted.order) in memory.baselines));
  // Until all that the broker retains has come, a baseline frozen before a restart may still be among it.
  if (begun.length === 0 || !picture.ordersKnown) {
    return kept.length === Object.keys(memory.baselines).length ? memory.baselines : Object.fromEntries(kept);
  }
  const fresh = begun.map(({ accepted }) => [
    eventKey(accepted.order),
    baseline(accepted, picture, policy, memory, homeW, now),
  ]);
  return Object.fromEntries([...kept, ...fresh.reverse()]) as Memory['baselines'];
}

function openEvents(picture: Picture): string[] {
  return Object.values(picture.orders).flatMap(({ orders }) => orders.map(({ order }) => eventKey(order)));
}

function baseline(
  { order }: AcceptedOrder,
  picture: Picture,
  policy: Policy,
  memory: Memory,
  homeW: Watts,
  now: Now,
): Baseline {
  if (order.baseline_w !== undefined) return { watts: order.baseline_w, method: 'nominated in the order' };
  const metered = wasCut(picture, memory) ? undefined : meteredMean(picture, policy, memory, now);
  const known = usualW(memory.usage, policy, now) ?? metered;
  if (known) return known;
  if (policy.baseline_fallback_w !== undefined)
    return { watts: policy.baseline_fallback_w, method: 'the policy’s fallback' };
  return { watts: Math.round(homeW), method: 'the nameplates of what runs at home' };
}

/** What an event before this one had cut is not what the rack draws by itself: left out, or if it cannot be, said. */
function meteredMean(picture: Picture, policy: Policy, { moved, cutAt }: Memory, now: Now): Baseline | undefined {
  const meter = feedMeter(picture);
  if (!meter || meter.still?.isFrozen) return undefined;
  const opens = now.mono - Math.min(policy.baseline_window_s, LONGEST_SAMPLED_S) * 1000;
  const window = meter.samples.filter(({ mono }) => mono >= opens);
  const isCut = ({ mono }: Sample) => moved.length > 0 || mono <= (cutAt ?? Number.NEGATIVE_INFINITY);
  const uncut = window.filter((sample) => !isCut(sample));
  const samples = uncut.length >= LEAST_SAMPLES ? uncut : window;
  const [first] = samples;
  if (!first || samples.length < LEAST_SAMPLES) return undefined;
  const mean = samples.reduce((sum, { powerW }) => sum + powerW, 0) / samples.length;
  const spanS = Math.round((now.mono - first.mono) / 1000);
  const stacked = samples.some(isCut) ? ', stacked on the cuts of another event' : '';
  return { watts: Math.round(mean), method: `metered mean of the last ${spanS} s${stacked}` };
}

/** Whether a cut had begun that this agent knows nothing of, as after the loss of its journal: then no meter tells. */
function wasCut(picture: Picture, { homes, moved, persons }: Memory): boolean {
  const known = new Set([...moved, ...persons]);
  return devicesOf(picture).some((device) => {
    const { id } = device.facts;
    const shown = device.reading && settingShown(device, device.reading);
    const home = entryOf(homes, id) ?? { kind: 'awake' };
    return shown !== undefined && !known.has(id) && !sameSetting(shown, home);
  });
}
