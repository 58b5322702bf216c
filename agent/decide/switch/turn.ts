/**
 * One bay on its way from one use to another, step by step:
 *
 *   leave    the workload that has it is told to give way: drained, then asleep, saved or stopped, whichever is cheapest
 *   free     its GPUs' memory is seen to be free
 *   enter    the next one is told to work
 *   confirm  it is seen to run, and to go on
 *
 * A step that fails or is not done in time turns it back: whoever had the bay has it again. Should that fail too, the bay
 * rests, and says so: that is the safe state. Every step follows from what is seen, so after kill -9 the journalled step
 * goes on, or is found done. Pure.
 */
import type { DeviceView, Picture, WorkloadView } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import type { StepName, Use } from '#protocol/capability.ts';
import type { Millis, Seconds } from '#protocol/units.ts';
import type { Bay, Moment } from './bay.ts';
import { seenSince, workloadFor } from './bay.ts';
import { stepFor } from './ladder.ts';

type TurnStep = 'leave' | 'free' | 'enter' | 'confirm' | 'back';

export type Turn = {
  readonly to: Use;
  readonly why: string;
  readonly step: TurnStep;
  /** Wall times: they last over a restart. */
  readonly begunAt: Millis;
  readonly stepAt: Millis;
  /** Why it goes back. */
  readonly failure?: string;
};

/** What a bay serves, and how far it is on its way to something else. */
export type Stage = {
  readonly serves: Use;
  readonly since: Millis;
  /** Uses that were taken off in the middle of their work: they want the bay back, even where they were stopped. */
  readonly left: readonly Use[];
  readonly turn?: Turn;
  /** The last turn that was taken back. */
  readonly failed?: { readonly to: Use; readonly at: Millis; readonly why: string };
  readonly learned: readonly Way[];
};

/** Seconds from the first step to the confirmation: what a switch costs those who wait for either. */
type Way = { readonly from: Use; readonly to: Use; readonly seconds: Seconds };

/** What a workload is to be told. */
export type StageCall =
  | { readonly workload: string; readonly towards: 'work' }
  | { readonly workload: string; readonly towards: 'rest'; readonly by?: StepName; readonly deadline: Millis };

export type Progress = { readonly stage: Stage; readonly calls: readonly StageCall[]; readonly says?: string };

/** Memory that still counts as free: what a driver and a context of nobody's keep. */
const FREE_BYTES = 2 * 1024 ** 3;
const FREE_MS: Millis = 30_000;
/** A model of hundreds of gigabytes is loaded from disk. */
const ENTER_MS: Millis = 300_000;
/** One that ends so soon has not begun. */
const CONFIRM_MS: Millis = 5000;
const BACK_MS: Millis = 300_000;
/** Beyond twice the time that a step is said to take. */
const GRACE_MS: Millis = 60_000;
/** What one more turn weighs against all before it. */
const WEIGHT = 0.3;

export function begun(bay: Bay, stage: Stage, to: Use, why: string, { wall }: Moment): Progress {
  const turn: Turn = { to, why, step: 'leave', begunAt: wall, stepAt: wall };
  const worked = workloadFor(bay, stage.serves)?.reading?.state === 'running';
  const left = worked ? [...without(stage.left, stage.serves), stage.serves] : stage.left;
  return { stage: { ...stage, left, turn }, calls: [], says: `${bay.id}: from ${stage.serves} to ${to}: ${why}` };
}

/** @param held whether an order holds its GPUs at rest: then nobody is told to work on them. */
export function advanced(bay: Bay, stage: Stage, turn: Turn, picture: Picture, held: boolean, now: Moment): Progress {
  switch (turn.step) {
    case 'leave':
      return left(bay, stage, turn, now);
    case 'free':
      return freed(bay, stage, turn, picture, now);
    case 'enter':
      return entered(bay, stage, turn, held, now);
    case 'confirm':
      return confirmed(bay, stage, turn, held, now);
    case 'back':
      return returned(bay, stage, turn, held, now);
  }
}

/** How it gives way so that its memory is free too: the cheapest step but a freeze; by that where there is no other. */
export function leaving({ facts, reading }: WorkloadView, { wall }: Moment): StageCall {
  const steps = reading?.steps ?? [];
  const by = stepFor(
    steps.filter(({ name }) => name !== 'freeze'),
    Number.POSITIVE_INFINITY,
  );
  const deadline = wall + patienceMs(steps);
  return { workload: facts.id, towards: 'rest', ...(by && { by }), deadline };
}

function left(bay: Bay, stage: Stage, turn: Turn, now: Moment): Progress {
  const who = workloadFor(bay, stage.serves);
  const state = who && seenSince(who, turn.stepAt)?.state;
  if (!who || state === 'paused' || state === 'stopped') return toStep(stage, turn, 'free', now);
  const failure = failureOf(who, 'rest', turn, patienceMs(who.reading?.steps ?? []), now);
  return failure === undefined ? waiting(stage, leaving(who, now)) : back(bay, stage, turn, failure, now);
}

function freed(bay: Bay, stage: Stage, turn: Turn, picture: Picture, now: Moment): Progress {
  const gpus = bay.gpus.flatMap((gpu) => deviceOf(picture, gpu) ?? []);
  const full = gpus.filter((gpu) => !isFree(gpu, turn.stepAt));
  if (full.length === 0 || holdsItself(workloadFor(bay, turn.to))) return toStep(stage, turn, 'enter', now);
  if (now.wall - turn.stepAt < FREE_MS) return waiting(stage);
  const [one] = full;
  const bytes = one?.reading?.gpu?.memoryUsedBytes ?? 0;
  const failure = `${one?.facts.id} still holds ${(bytes / 1024 ** 3).toFixed(1)} GiB of memory`;
  return back(bay, stage, turn, failure, now);
}

function entered(bay: Bay, stage: Stage, turn: Turn, held: boolean, now: Moment): Progress {
  if (turn.to === 'rest') return done(bay, stage, turn, now);
  const who = workloadFor(bay, turn.to);
  if (!who) return back(bay, stage, turn, `it has nobody for ${turn.to}`, now);
  if (held) return waiting(paused(stage, turn, now));
  if (seenSince(who, turn.stepAt)?.state === 'running') return toStep(stage, turn, 'confirm', now);
  const failure = failureOf(who, 'work', turn, ENTER_MS, now);
  return failure === undefined ? waiting(stage, working(who)) : back(bay, stage, turn, failure, now);
}

function confirmed(bay: Bay, stage: Stage, turn: Turn, held: boolean, now: Moment): Progress {
  const who = workloadFor(bay, turn.to);
  if (held) return waiting(paused(stage, turn, now));
  if (who && seenSince(who, turn.stepAt + CONFIRM_MS)?.state === 'running') return done(bay, stage, turn, now);
  const state = who && seenSince(who, turn.stepAt)?.state;
  if (state === 'paused' || state === 'stopped') {
    return back(bay, stage, turn, `${who?.facts.id} was ${state} as soon as it had begun`, now);
  }
  const late = now.wall - turn.stepAt > CONFIRM_MS + GRACE_MS;
  return late ? back(bay, stage, turn, `${who?.facts.id} has not been heard since it began`, now) : waiting(stage);
}

/** The newcomer gives way first; then whoever had the bay works again. */
function returned(bay: Bay, stage: Stage, turn: Turn, held: boolean, now: Moment): Progress {
  const [newcomer, owner] = [workloadFor(bay, turn.to), workloadFor(bay, stage.serves)];
  const over = (serves: Use, says: string): Progress => {
    const { turn: _over, ...rest } = stage;
    const failed = { to: turn.to, at: now.wall, why: turn.failure ?? '' };
    const left = without(stage.left, serves);
    return { stage: { ...rest, serves, since: now.wall, left, failed }, calls: [], says: `${bay.id} ${says}` };
  };
  const rests = (why: string) => over('rest', `rests: ${turn.failure}, and ${why}`);
  const late = now.wall - turn.stepAt > BACK_MS;
  if (newcomer?.reading?.state === 'running') {
    return late ? rests(`${newcomer.facts.id} does not give way`) : waiting(stage, leaving(newcomer, now));
  }
  // One that has ended by itself is not begun anew.
  const hasEnded = owner?.reading?.state === 'stopped' && !stage.left.includes(stage.serves);
  // While an order holds its GPUs nobody is woken: whoever is on the stage is, when the order ends.
  if (!owner || hasEnded || held) return over(stage.serves, `serves ${stage.serves} again: ${turn.failure}`);
  if (seenSince(owner, turn.stepAt)?.state === 'running') {
    return over(stage.serves, `serves ${stage.serves} again: ${turn.failure}`);
  }
  const failure = failureOf(owner, 'work', turn, BACK_MS, now);
  return failure === undefined ? waiting(stage, working(owner)) : rests(failure);
}

function done(bay: Bay, { turn: _over, failed: _healed, ...stage }: Stage, turn: Turn, { wall }: Moment): Progress {
  const tookS = (wall - turn.begunAt) / 1000;
  const learned = withWay(stage.learned, { from: stage.serves, to: turn.to, seconds: tookS });
  const says = `${bay.id} serves ${turn.to} now, after ${Math.round(tookS)} s`;
  const left = without(stage.left, turn.to);
  return { stage: { ...stage, serves: turn.to, since: wall, left, learned }, calls: [], says };
}

function without(uses: readonly Use[], one: Use): Use[] {
  return uses.filter((use) => use !== one);
}

/** Newest first in weight: models grow, and disks fill. */
function withWay(learned: readonly Way[], seen: Way): Way[] {
  const isSame = ({ from, to }: Way) => from === seen.from && to === seen.to;
  const before = learned.find(isSame)?.seconds ?? seen.seconds;
  return [...learned.filter((way) => !isSame(way)), { ...seen, seconds: before + WEIGHT * (seen.seconds - before) }];
}

function back(bay: Bay, stage: Stage, turn: Turn, failure: string, now: Moment): Progress {
  const next = toStep(stage, { ...turn, failure }, 'back', now);
  return { ...next, says: `${bay.id} goes back to ${stage.serves}: ${failure}` };
}

function toStep(stage: Stage, turn: Turn, step: TurnStep, { wall }: Moment): Progress {
  return { stage: { ...stage, turn: { ...turn, step, stepAt: wall } }, calls: [] };
}

/** The step's time stands still. */
export function paused(stage: Stage, turn: Turn, { wall }: Moment): Stage {
  return { ...stage, turn: { ...turn, stepAt: wall } };
}

function waiting(stage: Stage, ...calls: StageCall[]): Progress {
  return { stage, calls };
}

function working({ facts }: WorkloadView): StageCall {
  return { workload: facts.id, towards: 'work' };
}

/** Why a step will not be done; undefined while it may. */
function failureOf(
  { facts, staged }: WorkloadView,
  towards: StageCall['towards'],
  { stepAt }: Turn,
  mostMs: Millis,
  { wall }: Moment,
): string | undefined {
  const trouble = staged && staged.towards === towards && staged.at.wall >= stepAt ? staged.trouble : undefined;
  if (trouble) return `${facts.id}: ${trouble.message}`;
  const verb = towards === 'rest' ? 'given way' : 'begun to work';
  return wall - stepAt > mostMs ? `${facts.id} has not ${verb} within ${Math.round(mostMs / 1000)} s` : undefined;
}

function patienceMs(steps: readonly { readonly takesS: Seconds }[]): Millis {
  return 2000 * Math.max(0, ...steps.map(({ takesS }) => takesS)) + GRACE_MS;
}

/** One that a person has begun, or that can only be frozen, already has its memory: that is no other's. */
function holdsItself(newcomer: WorkloadView | undefined): boolean {
  const { state, steps = [] } = newcomer?.reading ?? {};
  return state === 'running' || (state === 'paused' && steps.every(({ name }) => name === 'freeze'));
}

/** What is not said is taken for free: the next one says itself whether it has room. */
function isFree({ reading }: DeviceView, since: Millis): boolean {
  if (!reading || reading.at.wall < since) return false;
  return (reading.gpu?.memoryUsedBytes ?? 0) <= FREE_BYTES;
}
