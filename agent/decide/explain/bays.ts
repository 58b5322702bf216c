/** What the rack's GPUs serve, and why, in plain words. */
import type { BayPlan } from '../place/bay-plan.ts';
import type { Explained, Link } from './link.ts';
import { clockTime } from './link.ts';

/** @param device only the bays that it is part of. */
export function bayLinks({ plan: { bays }, policy }: Explained, device?: string): Link[] {
  const told = bays.filter(({ gpus }) => device === undefined || gpus.includes(device));
  if (told.length === 0) return [];
  const says = told.map((bay) => [serves(bay), wish(bay, policy.placement.mode === 'steer')].join('; '));
  return [{ about: 'placement', says }];
}

function serves({ bay, stage: { serves: use, since, turn } }: BayPlan): string {
  const now = `${bay} serves ${use} since ${clockTime(since)}`;
  if (!turn) return now;
  const step = turn.step === 'back' ? `on its way back from ${turn.to}: ${turn.failure}` : `on its way to ${turn.to}`;
  return `${now}, ${step} (${turn.step} since ${clockTime(turn.stepAt)})`;
}

function wish({ stage, wanted, why }: BayPlan, steers: boolean): string {
  if (wanted === stage.serves) return `so it should: ${why}`;
  const failed = stage.failed?.to === wanted ? `, and did not come to it at ${clockTime(stage.failed.at)}` : '';
  return `it ${steers ? 'is to' : 'would'} serve ${wanted}: ${why}${failed}`;
}
