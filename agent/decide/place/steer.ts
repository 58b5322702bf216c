/**
 * What each bay of the rack should serve, from what there is to do: as many inference servers as are at work, and the
 * spare ones beside them; batch jobs that have something to run; and what nobody wants does as the policy says. Pure.
 *
 * Inference waits no longer than in a static split: a bay of its own is lent only while more servers than it needs are on
 * the stage, and is taken back as soon as one of the spare ones begins to work. What is not known counts as work.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Picture, WorkloadView } from '#agent/state/picture.ts';
import type { Use } from '#protocol/capability.ts';
import type { Millis, Seconds } from '#protocol/units.ts';
import type { Bay, Moment } from '../switch/bay.ts';
import { baysOf, workloadFor } from '../switch/bay.ts';
import type { Stages, Wanted } from '../switch/switching.ts';
import type { Stage } from '../switch/turn.ts';
import type { Demand } from './place.ts';
import { place } from './place.ts';

/** How many inference servers are wanted, and since when fewer would do. */
export type Appetite = { readonly servers: number; readonly lessSince?: Millis };

export const noAppetite: Appetite = { servers: 0 };

/** Until a switch has been seen, seconds. */
const SWITCH_S: Seconds = 90;

export function steered(
  picture: Picture,
  { placement }: Policy,
  stages: Stages,
  before: Appetite,
  { wall }: Moment,
): { readonly wanted: Wanted; readonly appetite: Appetite } {
  const bays = baysOf(picture).flatMap((bay) => {
    const stage = stages[bay.id];
    return stage ? [{ bay, stage }] : [];
  });
  const servers = bays.flatMap(serverIn).sort((a, b) => rank(a) - rank(b));
  const busy = servers.filter(({ isBusy }) => isBusy).length;
  const appetite = withCalm(before, Math.min(busy + placement.spare, servers.length), placement.calm_s, wall);
  const demands = [
    ...servers.slice(0, appetite.servers).map(({ view, at, stage }) => demandOf(view, 'inference', at, stage, wall)),
    ...bays.flatMap(({ bay, stage }) => batchIn(bay, stage, wall)),
  ];
  const places = place(
    bays.map(({ bay, stage }) => ({ id: bay.id, lastServed: stage.serves })),
    demands,
    {
      inferenceGpus: bays.filter(({ bay }) => bay.home === 'inference').length,
      // Already among the demands.
      spare: 0,
      turnS: placement.turn_s,
      switchS: learnedS(stages),
      idle: 'rest',
    },
  );
  const wanted = bays.map(({ bay }): [string, { serves: Use; why: string }] => {
    const { demand, serves, why } = places.get(bay.id) ?? { serves: 'rest', why: 'nobody wants it' };
    return [bay.id, { serves: demand === undefined ? unused(bay, placement.unused) : serves, why }];
  });
  return { wanted: new Map(wanted), appetite };
}

/** Up at once, down only after a calm: a server that has just emptied its queue is about to get the next request. */
function withCalm(before: Appetite, servers: number, calmS: Seconds, wall: Millis): Appetite {
  if (servers >= before.servers) return { servers };
  const lessSince = before.lessSince ?? wall;
  return wall - lessSince >= calmS * 1000 ? { servers } : { servers: before.servers, lessSince };
}

type Server = { readonly view: WorkloadView; readonly at: string; readonly stage: Stage; readonly isBusy: boolean };

function serverIn({ bay, stage }: { bay: Bay; stage: Stage }): Server[] {
  const view = workloadFor(bay, 'inference');
  return view ? [{ view, at: bay.id, stage, isBusy: has(stage, 'inference') && isAtWork(view) }] : [];
}

/** Those at work first, then those on the stage: a bay changes its use only where it must. */
function rank({ isBusy, stage }: Server): number {
  return isBusy ? 0 : has(stage, 'inference') ? 1 : 2;
}

/** What is not said is unknown, and unknown is never taken for idle. */
function isAtWork({ reading, trouble }: WorkloadView): boolean {
  if (!reading || trouble || reading.waiting === undefined || reading.running === undefined) return true;
  return reading.waiting + reading.running > 0;
}

/** One that has ended wants nothing; one that rests, or was stopped, since it lost its bay does. */
function batchIn(bay: Bay, stage: Stage, wall: Millis): Demand[] {
  const view = workloadFor(bay, 'batch');
  if (!view?.reading) return [];
  if (view.reading.state === 'stopped' && !stage.left.includes('batch')) return [];
  return [demandOf(view, 'batch', bay.id, stage, wall)];
}

function demandOf(view: WorkloadView, kind: Demand['kind'], bay: string, stage: Stage, wall: Millis): Demand {
  const { id, tier } = view.facts;
  const on = has(stage, kind);
  const forS = (wall - stage.since) / 1000;
  return {
    id,
    kind,
    gpus: 1,
    tier: tier === 'protected' ? 0 : tier,
    on: on ? [bay] : [],
    where: [bay],
    waitedS: on ? 0 : forS,
    servedS: on ? forS : 0,
  };
}

/** A bay on its way counts as there: what is under way is not turned round by every request. */
function has({ serves, turn }: Stage, use: Use): boolean {
  return (turn && turn.step !== 'back' ? turn.to : serves) === use;
}

function unused(bay: Bay, rule: Policy['placement']['unused']): Use {
  if (rule === 'mining') return workloadFor(bay, 'mining') ? 'mining' : bay.home;
  return rule === 'rest' ? 'rest' : bay.home;
}

function learnedS(stages: Stages): Seconds {
  const seen = Object.values(stages).flatMap(({ learned }) => learned);
  return seen.length === 0 ? SWITCH_S : seen.reduce((sum, { seconds }) => sum + seconds, 0) / seen.length;
}
