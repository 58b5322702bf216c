/**
 * A rack of GPUs in simulated time. Whoever decides, the same things cost the same: a job that gives way takes a while
 * to stop, loses work, and does it again; a GPU that changes from one kind to the other is set up anew.
 */
import type { Demand, PlaceableGpu } from '#agent/decide/place/place.ts';
import type { Use } from '#protocol/capability.ts';
import type { Seconds } from '#protocol/units.ts';
import type { Job } from './jobs.ts';

/** Until a job that is told to give way has stopped, and what it then has to do again. */
export const STOP_S: Seconds = 15;
export const LOST_S: Seconds = 45;
/** A model is loaded, or a job's environment. */
export const SET_UP_S: Seconds = 30;

export type Scene = { readonly gpus: readonly PlaceableGpu[]; readonly demands: readonly Demand[] };
/** Which demand each GPU is to work on; a GPU that is not named is left idle. */
export type Decides = (scene: Scene) => ReadonlyMap<string, string>;

export type Tally = {
  /** Seconds from asking to being served for the first time; and to being done. */
  readonly waits: Readonly<Record<Job['kind'], readonly Seconds[]>>;
  readonly completions: readonly Seconds[];
  /** Beyond what each would have taken alone on the rack. */
  readonly queueing: readonly Seconds[];
  readonly preemptions: number;
};

type Running = {
  readonly job: Job;
  remaining: Seconds;
  served: Seconds;
  on: readonly string[];
  /** When its work goes on: after those before it have stopped and the GPU is set up. */
  from: Seconds;
  begun: Seconds | undefined;
};

export class SimulatedRack {
  readonly #gpus: Map<string, { lastServed: Use; stoppedAt: Seconds }>;
  readonly #decides: Decides;
  readonly #alive = new Map<string, Running>();
  readonly #tally = {
    waits: { inference: [] as Seconds[], batch: [] as Seconds[] },
    completions: [] as Seconds[],
    queueing: [] as Seconds[],
    preemptions: 0,
  };

  constructor(gpus: number, inference: number, decides: Decides) {
    const serves = (i: number): Use => (i < inference ? 'inference' : 'batch');
    this.#gpus = new Map(Array.from({ length: gpus }, (_, i) => [`gpu${i}`, { lastServed: serves(i), stoppedAt: 0 }]));
    this.#decides = decides;
  }

  /** Plays every job to its end. `lookS` is how often turns are looked at while nothing else happens. */
  play(jobs: readonly Job[], lookS: Seconds): Tally {
    let next = 0;
    let now = 0;
    while (next < jobs.length || this.#alive.size > 0) {
      const arrives = jobs[next]?.at ?? Number.POSITIVE_INFINITY;
      const looks = this.#waits ? now + lookS : Number.POSITIVE_INFINITY;
      now = Math.max(now, Math.min(arrives, this.#nextEnd, looks));
      this.#work(now);
      for (let job = jobs[next]; job && job.at <= now; job = jobs[++next]) this.#arrive(job);
      this.#apply(now, this.#decides(this.#scene(now)));
    }
    return this.#tally;
  }

  get #waits(): boolean {
    return [...this.#alive.values()].some(({ on }) => on.length === 0);
  }

  get #nextEnd(): Seconds {
    return Math.min(
      ...[...this.#alive.values()].map(({ on, from, remaining }) =>
        on.length > 0 ? from + remaining : Number.POSITIVE_INFINITY,
      ),
    );
  }

  #arrive(job: Job): void {
    this.#alive.set(job.id, { job, remaining: job.runs, served: 0, on: [], from: 0, begun: undefined });
  }

  #work(now: Seconds): void {
    for (const each of this.#alive.values()) {
      if (each.on.length === 0 || now <= each.from) continue;
      const { job } = each;
      const worked = now - each.from;
      each.served += worked;
      each.remaining -= worked;
      each.from = now;
      if (each.remaining > 1e-6) continue;
      this.#alive.delete(job.id);
      this.#tally.completions.push(now - job.at);
      this.#tally.queueing.push(now - job.at - job.runs);
    }
  }

  #scene(now: Seconds): Scene {
    return {
      gpus: [...this.#gpus].map(([id, { lastServed }]) => ({ id, lastServed })),
      demands: [...this.#alive.values()].map(({ job, on, served }) => ({
        id: job.id,
        kind: job.kind,
        gpus: job.gpus,
        tier: 2,
        on,
        waitedS: now - job.at,
        servedS: served,
      })),
    };
  }

  #apply(now: Seconds, wanted: ReadonlyMap<string, string>): void {
    for (const each of this.#alive.values()) {
      if (each.on.length > 0 && each.on.some((gpu) => wanted.get(gpu) !== each.job.id)) this.#stop(each, now);
    }
    const seats = Map.groupBy(wanted, ([, demand]) => demand);
    for (const [demand, gpus] of seats) {
      const each = this.#alive.get(demand);
      if (each && each.on.length === 0)
        this.#begin(
          each,
          gpus.map(([gpu]) => gpu),
          now,
        );
    }
  }

  #stop(each: Running, now: Seconds): void {
    // One that had not come to work yet has nothing to lose.
    const lost = now > each.from || each.served > 0 ? Math.min(LOST_S, each.served) : 0;
    each.remaining += lost;
    for (const gpu of each.on) {
      const state = this.#gpus.get(gpu);
      if (state) state.stoppedAt = now + STOP_S;
    }
    each.on = [];
    this.#tally.preemptions += 1;
  }

  #begin(each: Running, on: readonly string[], now: Seconds): void {
    if (on.length !== each.job.gpus) throw new Error(`${each.job.id} needs ${each.job.gpus} GPUs, not ${on.length}`);
    const resumes = each.begun !== undefined;
    let from = now;
    for (const gpu of on) {
      const state = this.#gpus.get(gpu);
      if (!state) throw new Error(`there is no ${gpu}`);
      const changes = state.lastServed !== each.job.kind || resumes;
      from = Math.max(from, Math.max(now, state.stoppedAt) + (changes ? SET_UP_S : 0));
      state.lastServed = each.job.kind;
    }
    each.on = on;
    each.from = from;
    if (!resumes) this.#tally.waits[each.job.kind].push(from - each.job.at);
    each.begun ??= from;
  }
}
