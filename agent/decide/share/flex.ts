/** How far what runs on a GPU may be slowed by its cap, as the policy has it for its tier. Pure. */
import type { Policy } from '#agent/config/policy.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Range } from '#protocol/capability.ts';

/** By GPU, the share of its power that a cap may take; of several workloads on one the least. Absent is all of it. */
export function slack({ workloads }: Picture, { flex }: Policy): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  if (!flex) return shares;
  for (const { facts } of Object.values(workloads)) {
    if (facts.tier === 'protected') continue;
    const share = flex[`tier_${facts.tier}`];
    for (const gpu of facts.gpus) shares.set(gpu, Math.min(share, shares.get(gpu) ?? 1));
  }
  return shares;
}

/** The dial as far down as it may be turned. */
export function withinFlex(dial: Range | undefined, share: number | undefined): Range | undefined {
  if (!dial || share === undefined) return dial;
  const least = dial.max * (1 - share);
  const steps = Math.ceil((least - dial.min) / dial.step - 1e-9);
  return steps > 0 ? { ...dial, min: Math.min(dial.max, dial.min + steps * dial.step) } : dial;
}
