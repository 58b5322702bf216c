/**
 * Which GPU serves what: inference, batch jobs, mining, or nothing. Pure, like all deciding.
 *
 * Inference has a share of the GPUs that is its own, and so has batch; either may borrow what the other leaves idle.
 * Inference gets its own back at once, whatever that costs the job that borrowed it. Batch jobs take turns: one that has
 * had its turn gives way to one that has had less, but only by more than the switch costs.
 */
import type { Use } from '#protocol/capability.ts';
import type { Seconds } from '#protocol/units.ts';
import { Board } from './board.ts';

export type PlaceableGpu = {
  readonly id: string;
  /** What it was last set up for: serving the same again costs no switch. */
  readonly lastServed: Use;
};

/** An inference server or replica, or a job, that runs or wants to. */
export type Demand = {
  readonly id: string;
  readonly kind: 'inference' | 'batch';
  /** How many GPUs it needs, all at once. */
  readonly gpus: number;
  /** 0 goes first. */
  readonly tier: 0 | 1 | 2 | 3;
  /** Where it runs; empty while it waits. */
  readonly on: readonly string[];
  /** The GPUs that it can run on; absent for all. */
  readonly where?: readonly string[];
  /** Since it asked, and what it has had of its turn. */
  readonly waitedS: Seconds;
  readonly servedS: Seconds;
};

export type PlaceRules = {
  /** GPUs that are inference's own, as in a static split; the others are batch's. */
  readonly inferenceGpus: number;
  /** Of those, kept idle for the next request, so that it does not wait for a job to give way. */
  readonly spare: number;
  /** What a batch job may have before others that wait have had as much. */
  readonly turnS: Seconds;
  /** Learned: what a job loses when it gives way, and a GPU when it is set up for the other kind. */
  readonly switchS: Seconds;
  /** What a GPU does that nobody wants, as the market has it. */
  readonly idle: 'mining' | 'rest';
};

export type Place = { readonly serves: Use; readonly demand?: string; readonly why: string };

/** By GPU; of every one. */
export function place(
  gpus: readonly PlaceableGpu[],
  demands: readonly Demand[],
  rules: PlaceRules,
): ReadonlyMap<string, Place> {
  const board = new Board(gpus, demands);
  const waiting = demands.filter(({ on }) => on.length === 0);
  for (const each of byTurn(waiting, 'inference')) placeInference(each, board, rules);
  for (const each of byTurn(waiting, 'batch')) placeBatch(each, board, rules);
  return board.places(rules.idle);
}

/** The most urgent tier first; within one, inference by how long it waits, and batch by how little it has had. */
function byTurn(demands: readonly Demand[], kind: Demand['kind']): Demand[] {
  const own = demands.filter((each) => each.kind === kind);
  const least = (a: Demand, b: Demand) => (kind === 'batch' ? a.servedS - b.servedS : 0);
  return own.sort((a, b) => a.tier - b.tier || least(a, b) || b.waitedS - a.waitedS);
}

/** Idle GPUs first; then what batch has borrowed of inference's own, or holds although its turn is over. */
function placeInference(each: Demand, board: Board, { inferenceGpus, turnS }: PlaceRules): void {
  const within = board.held('inference') + each.gpus <= inferenceGpus;
  const missing = each.gpus - board.idleFor(each).length;
  const victims = missing <= 0 ? [] : board.victims(each, missing, (job) => within || job.servedS >= turnS);
  if (!victims) return;
  board.evict(victims, `${each.id} needs its GPUs`);
  board.seat(each, within ? 'of inference’s own share' : 'of what batch leaves');
}

/** What inference does not keep for itself; then the place of a job that has had more than its turn. */
function placeBatch(each: Demand, board: Board, { inferenceGpus, spare, turnS, switchS }: PlaceRules): void {
  const kept = Math.min(spare, Math.max(0, inferenceGpus - board.held('inference')));
  const missing = each.gpus - Math.max(0, board.idleFor(each).length - kept);
  const mayYield = (job: Demand) =>
    job.servedS >= Math.max(turnS, each.servedS + turnS + switchS) && job.tier >= each.tier;
  const victims = missing <= 0 ? [] : board.victims(each, missing, mayYield);
  if (!victims) return;
  board.evict(victims, `it has had its turn, and ${each.id} has not`);
  board.seat(each, victims.length > 0 ? 'its turn has come' : 'free just now');
}
