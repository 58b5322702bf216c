/** Bays of GPUs at one decision: what each serves, what it should, and, where the policy lets us, the way there. Pure. */
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import type { Given } from '../given.ts';
import type { PlannedDevice } from '../plan.ts';
import type { Grip } from '../switch/bay.ts';
import { baysOf, servesNow } from '../switch/bay.ts';
import type { Stages, Staging, Wanted } from '../switch/switching.ts';
import { nothingStaged, staged, stagesOf } from '../switch/switching.ts';
import type { BayPlan } from './bay-plan.ts';
import type { Appetite } from './steer.ts';
import { noAppetite, steered } from './steer.ts';

export type Placement = {
  readonly staging: Staging;
  readonly bays: readonly BayPlan[];
  readonly stages: Stages;
  readonly appetite: Appetite;
};

type Devices = readonly Pick<PlannedDevice, 'device' | 'want' | 'hands'>[];

const none: Placement = { staging: nothingStaged, bays: [], stages: {}, appetite: noAppetite };

/** @param devices as they are to be set at this decision. */
export function placement({ picture, policy, memory, now }: Given, devices: Devices): Placement {
  const { mode } = policy.placement;
  if (mode === 'off' || baysOf(picture).length === 0) return none;
  const seen = mode === 'advise' ? stagesSeen(picture, memory.stages, now) : stagesOf(picture, memory.stages, now);
  const { wanted, appetite } = steered(picture, policy, seen, memory.appetite, now);
  const { stages, staging } =
    mode === 'steer'
      ? staged(picture, seen, wanted, gripOf(picture, devices), now)
      : { stages: seen, staging: nothingStaged };
  return { staging, bays: baysPlanned(picture, stages, wanted), stages, appetite };
}

/** Where nobody steers, a bay serves what it looks like. */
function stagesSeen(picture: Picture, before: Stages, { wall }: Now): Stages {
  const stages = baysOf(picture).flatMap((bay) => {
    const serves = servesNow(bay);
    const known = before[bay.id];
    if (serves === undefined) return known ? [[bay.id, known] as const] : [];
    const { since = wall, learned = [] } = known ?? {};
    return [[bay.id, { serves, since: known?.serves === serves ? since : wall, learned }] as const];
  });
  return Object.fromEntries(stages);
}

function gripOf(picture: Picture, devices: Devices): Grip {
  const held = devices.filter(({ want }) => want.kind === 'asleep').map(({ device }) => device);
  const untouched = devices
    .filter(({ device, hands }) => hands === 'off' || deviceOf(picture, device)?.state === 'unreachable')
    .map(({ device }) => device);
  // Until all that the broker retains is known, an order may be about to hold any of them.
  const all = picture.ordersKnown ? [] : devices.map(({ device }) => device);
  return { held: new Set(held), untouched: new Set([...untouched, ...all]) };
}

function baysPlanned(picture: Picture, stages: Stages, wanted: Wanted): BayPlan[] {
  return baysOf(picture).flatMap(({ id, gpus }) => {
    const stage = stages[id];
    const next = wanted.get(id);
    return stage && next ? [{ bay: id, gpus, stage, wanted: next.serves, why: next.why }] : [];
  });
}
