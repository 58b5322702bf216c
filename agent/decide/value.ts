/** What a device's watts are worth: who is cut first, and who comes back first. */
import type { DeviceView, Picture } from '#agent/state/picture.ts';

/** Compared by `tier` first, 0 most worth keeping; within one tier by worth per watt. */
export type Worth = { readonly tier: number; readonly perWatt: number };

/** Behind every workload's tier: what mines, or does nothing. */
const UNUSED_TIER = 4;

/** What runs on a device outranks what it could mine. */
export function worths({ devices, workloads }: Picture): (device: string) => Worth {
  const tiers = new Map<string, number>();
  for (const { facts } of Object.values(workloads)) {
    const tier = facts.tier === 'protected' ? 0 : facts.tier;
    for (const gpu of facts.gpus) tiers.set(gpu, Math.min(tier, tiers.get(gpu) ?? UNUSED_TIER));
  }
  return (id) => {
    const device = devices[id];
    return { tier: tiers.get(id) ?? UNUSED_TIER, perWatt: device ? hashPerWatt(device) : 0 };
  };
}

/** Best first. */
export function byWorth(a: Worth, b: Worth): number {
  return a.tier - b.tier || b.perWatt - a.perWatt;
}

/** Terahashes per joule by the maker's word, which does not flicker; unknown counts as least. */
function hashPerWatt({ reading, facts }: DeviceView): number {
  return (reading?.ratedHashrateThs ?? 0) / facts.ratedW;
}
