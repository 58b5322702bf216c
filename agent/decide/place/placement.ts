/** Bays of GPUs at one decision: what each serves, what it should, and, where the policy lets us, the way there. Pure. */
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import type { Given } from '../given.ts';
import type { PlannedDevice } from '../plan.ts';
import type { Roster } from '../share/roster.ts';
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

type Devices = readonly Pick<PlannedDevice, 'device' | 'want'>[];

const none: Placement = { staging: nothingStaged, bays: [], stages: {}, appetite: noAppetite };

/** @param devices as they are to be set at this decision. `leftAlone` are those that nobody may touch. */
export function placement(
  { picture, policy, memory, now }: Given,
  devices: Devices,
  { leftAlone }: Pick<Roster, 'leftAlone'>,
): Placement {
  const { mode } = policy.placement;
  if (mode === 'off' || baysOf(picture).length === 0) return none;
  const seen = mode === 'advise' ? stagesSeen(picture, memory.stages, now) : stagesOf(picture, memory.stages, now);
  const { wanted, appetite } = steered(picture, policy, seen, memory.appetite, now);
  const { stages, staging } =
    mode === 'steer'
      ? staged(picture, seen, wanted, gripOf(picture, devices, leftAlone), now)
      : { stages: seen, staging: nothingStaged };
  return { staging, bays: baysPlanned(picture, stages, wanted), stages, appetite };
}

/** Where nobody steers, a bay serves what it looks like. */
function stagesSeen(picture: Picture, before: Stages, { wall }: Now): Stages {
  const stages = baysOf(picture).flatMap((bay) => {
    const serves = servesNow(bay);
    const known = before[bay.id];
    if (serves === undefined) return known ? [[bay.id, known] as const] : [];
    const { since = wall, left = [], learned = [] } = known ?? {};
    return [[bay.id, { serves, since: known?.serves === serves ? since : wall, left, learned }] as const];
  });
  return Object.fromEntries(stages);
}

function gripOf(picture: Picture, devices: Devices, leftAlone: Roster['leftAlone']): Grip {
  const held = devices.filter(({ want }) => want.kind === 'asleep').map(({ device }) => device);
  const ids = devices.map(({ device }) => device);
  const alone = new Set(leftAlone.map(({ device }) => device));
  // Until all that the broker retains is known, an order may be about to hold any of them.
  const untouched = ids.filter(
    (id) => !picture.ordersKnown || alone.has(id) || deviceOf(picture, id)?.state === 'unreachable',
  );
  return { held: new Set(held), untouched: new Set(untouched) };
}

function baysPlanned(picture: Picture, stages: Stages, wanted: Wanted): BayPlan[] {
  return baysOf(picture).flatMap(({ id, gpus }) => {
    const stage = stages[id];
    const next = wanted.get(id);
    return stage && next ? [{ bay: id, gpus, stage, wanted: next.serves, why: next.why }] : [];
  });
}
