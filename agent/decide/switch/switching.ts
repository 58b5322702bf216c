/** Every bay of the rack: which of its workloads is on the stage, and what is to be told to whom. Pure. */
import type { Picture } from '#agent/state/picture.ts';
import type { Use } from '#protocol/capability.ts';
import type { Millis } from '#protocol/units.ts';
import type { Bay, Grip, Moment } from './bay.ts';
import { baysOf, isAmong, servesNow, useOf, workloadFor } from './bay.ts';
import type { Progress, Stage, StageCall } from './turn.ts';
import { advanced, begun, leaving, paused } from './turn.ts';

/** By bay. */
export type Stages = Readonly<Record<string, Stage>>;

/** What placement would have each bay serve, by bay. */
export type Wanted = ReadonlyMap<string, { readonly serves: Use; readonly why: string }>;

export type Staging = {
  /** Workloads that do not have their bay: nobody wakes them with their GPUs. */
  readonly offStage: readonly string[];
  readonly calls: readonly StageCall[];
  /** What has happened, in sentences. */
  readonly says: readonly string[];
};

export const nothingStaged: Staging = { offStage: [], calls: [], says: [] };

/** A turn that was taken back is not tried again sooner. */
const RETRY_MS: Millis = 600_000;

/** What bays serve as far as that is known: as they were left, or as they look. */
export function stagesOf(picture: Picture, before: Stages, { wall }: Moment): Stages {
  const stages = baysOf(picture).flatMap((bay): [string, Stage][] => {
    const known = before[bay.id];
    if (known) return [[bay.id, known]];
    const serves = servesNow(bay);
    return serves === undefined ? [] : [[bay.id, { serves, since: wall, left: [], learned: [] }]];
  });
  return Object.fromEntries(stages);
}

export function staged(
  picture: Picture,
  stages: Stages,
  wanted: Wanted,
  grip: Grip,
  now: Moment,
): { readonly stages: Stages; readonly staging: Staging } {
  const steps = baysOf(picture).flatMap((bay) => {
    const stage = stages[bay.id];
    return stage ? [{ bay, ...stepOf(bay, stage, wanted, picture, grip, now) }] : [];
  });
  return {
    stages: Object.fromEntries(steps.map(({ bay, stage }) => [bay.id, stage])),
    staging: {
      offStage: steps.flatMap(({ bay, stage }) => offStage(bay, stage)),
      calls: steps.flatMap(({ calls }) => calls),
      says: steps.flatMap(({ says }) => says ?? []),
    },
  };
}

function stepOf(bay: Bay, stage: Stage, wanted: Wanted, picture: Picture, grip: Grip, now: Moment): Progress {
  if (isAmong(bay, grip.untouched)) return { stage: stage.turn ? paused(stage, stage.turn, now) : stage, calls: [] };
  const holds = isAmong(bay, grip.held);
  if (stage.turn) return advanced(bay, stage, stage.turn, picture, holds, now);
  const next = wanted.get(bay.id);
  if (!next || next.serves === stage.serves || holds || isTired(stage, next.serves, now)) {
    return { stage, calls: holds ? [] : tidied(bay, stage, now) };
  }
  return begun(bay, stage, next.serves, next.why, now);
}

function isTired({ failed }: Stage, to: Use, { wall }: Moment): boolean {
  return failed?.to === to && wall - failed.at < RETRY_MS;
}

/** As after a restart in mid-turn: whoever runs without having the bay gives way, and whoever has it goes on. */
function tidied(bay: Bay, stage: Stage, now: Moment): StageCall[] {
  const away = new Set(offStage(bay, stage));
  const intruders = bay.workloads.filter(({ facts, reading }) => away.has(facts.id) && reading?.state === 'running');
  if (intruders.length > 0) return intruders.map((view) => leaving(view, now));
  const owner = workloadFor(bay, stage.serves);
  return owner?.reading?.state === 'paused' ? [{ workload: owner.facts.id, towards: 'work' }] : [];
}

function offStage(bay: Bay, stage: Stage): string[] {
  const on = onStage(bay, stage);
  return bay.workloads.filter((view) => useOf(view) !== on).map(({ facts }) => facts.id);
}

/** Who may work: nobody while another still does. */
function onStage(bay: Bay, stage: Stage): Use {
  const turn = whoseTurn(stage);
  const running = bay.workloads.filter(({ reading }) => reading?.state === 'running').map(useOf);
  return running.length === 0 || running.includes(turn) ? turn : 'rest';
}

function whoseTurn({ serves, turn }: Stage): Use {
  switch (turn?.step) {
    case undefined:
    case 'back':
      return serves;
    case 'leave':
    case 'free':
      return 'rest';
    case 'enter':
    case 'confirm':
      return turn?.to ?? 'rest';
  }
}
