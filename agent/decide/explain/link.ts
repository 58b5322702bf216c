/** What an explanation is made of, and its words for watts and times. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Memory, Plan } from '../plan.ts';

/** One link of the chain: what it is about, and sentences. */
export type Link = { readonly about: string; readonly says: readonly string[] };

export type Explained = {
  readonly picture: Picture;
  readonly policy: Policy;
  readonly memory: Memory;
  readonly plan: Plan;
  readonly now: Now;
};

export function watts(value: Watts): string {
  return `${Math.round(value)} W`;
}

/** `21:00:05Z`: who asks why means today. */
export function clockTime(wall: Millis): string {
  return `${timestampOf(wall).slice('2026-11-21T'.length, '2026-11-21T21:00:05'.length)}Z`;
}
