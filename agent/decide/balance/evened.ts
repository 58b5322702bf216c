/** The line's watts shared out, with the AI load evened out where the policy asks for that. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Watts } from '#protocol/units.ts';
import type { Memory } from '../plan.ts';
import type { Roster } from '../share/roster.ts';
import type { Bounds, Sharing } from '../share/share.ts';
import { share } from '../share/share.ts';
import type { BalanceMemory } from './balance.ts';
import { balanced, balanceOf } from './balance.ts';

export type Evened = { readonly sharing: Sharing; readonly balance: BalanceMemory | undefined };

export function evened(
  picture: Picture,
  policy: Policy,
  crew: Roster,
  memory: Memory,
  bounds: Bounds,
  now: Now,
): Evened {
  const { lineW } = bounds;
  const balance = lineW === undefined ? undefined : balanceOf(picture, policy, crew.steerable, memory.balance, now);
  if (!balance || lineW === undefined) return { sharing: share(picture, crew, memory, bounds), balance: undefined };
  const { spiky, others, expectedW } = balance;
  const less = (watts: Watts | undefined) => (watts === undefined ? undefined : watts - expectedW);
  const beside: Bounds = {
    ...bounds,
    lineW: less(lineW),
    levelW: less(bounds.levelW),
    liftW: less(bounds.liftW),
    floorW: less(bounds.floorW),
    hurried: true,
  };
  const miners = share(picture, { ...crew, steerable: others }, memory, beside);
  const { caps, memory: next } = balanced(balance, miners.allotted, lineW, picture, memory.balance, now);
  const sharing = { ...miners, ordered: [...spiky, ...miners.ordered], allotted: [...caps, ...miners.allotted] };
  return { sharing, balance: next };
}
