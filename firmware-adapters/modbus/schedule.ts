/**
 * Who goes next on a wire. Controls before reads, and of two reads the one whose patience ends first: that is the fast
 * one, until a slow one has waited so long that it would starve.
 */
import type { Millis } from '#protocol/units.ts';
import { Preempted } from '../errors.ts';
import type { Urgency } from '../transport/wire-queue.ts';
import type { PollClass } from './register-map.ts';

/** `lower` reduces the power drawn, `raise` does not; reads are as urgent as their points. */
export type BusUrgency = WriteUrgency | PollClass;
export type WriteUrgency = Exclude<Urgency, 'read'>;

export type Job = {
  readonly urgency: BusUrgency;
  readonly askedAt: Millis;
  /** How long it is expected to keep the wire. */
  readonly lastsMs: Millis;
  /** Tells whoever asked, and calls off what runs. */
  drop(reason: unknown): void;
};

/** What to do now: begin a job, look again at `at`, or wait for another job or for one to end. */
export type Next<J extends Job> = { kind: 'start'; job: J } | { kind: 'wait'; at: Millis } | { kind: 'idle' };

/** How long a read lets later ones of a faster class go first. */
const patienceMs: Record<PollClass, Millis> = { fast: 0, normal: 1000, slow: 10_000, once: 10_000 };

export class Schedule<J extends Job> {
  readonly #lanes: number;
  #waiting: J[] = [];
  readonly #running = new Set<J>();

  /** At most `lanes` jobs run at once. */
  constructor(lanes: number) {
    this.#lanes = lanes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Takes it in. A control finds room at once: the least urgent read in flight is dropped for it with `Preempted`. */
  add(job: J): void {
    this.#makeRoomFor(job);
    this.#waiting.push(job);
  }

  /**
   * `readyAt` is when a job may go out, for what its wire and its unit need. One that may not yet holds up no others,
   * unless it is a control and a read would be in its way when its time comes.
   */
  next(now: Millis, readyAt: (job: J) => Millis): Next<J> {
    if (this.#running.size >= this.#lanes || this.#waiting.length === 0) return { kind: 'idle' };
    const times = this.#waiting.map((job) => ({ job, at: readyAt(job) }));
    const controlAt = Math.min(...times.filter(({ job }) => isControl(job.urgency)).map(({ at }) => at));
    const free = times.filter(({ job, at }) => isControl(job.urgency) || Math.max(now, at) + job.lastsMs <= controlAt);
    const job = mostUrgent(free.filter(({ at }) => at <= now).map((each) => each.job));
    if (!job) return { kind: 'wait', at: Math.min(...free.map(({ at }) => at)) };
    this.begin(job);
    return { kind: 'start', job };
  }

  /** The one that would go first if all were ready. */
  first(): J | undefined {
    return mostUrgent(this.#waiting);
  }

  begin(job: J): void {
    this.#waiting = this.#waiting.filter((other) => other !== job);
    this.#running.add(job);
  }

  /** It ran and must run again, before those that are as urgent. */
  again(job: J): void {
    this.#running.delete(job);
    this.#waiting.unshift(job);
  }

  /** It ran and is over. */
  end(job: J): void {
    this.#running.delete(job);
  }

  /** Nobody wants it any more. One that runs still has to end. */
  drop(job: J, reason: unknown): void {
    this.#waiting = this.#waiting.filter((other) => other !== job);
    job.drop(reason);
  }

  /** Drops those of the waiting ones for which `why` gives a reason. */
  dropWaiting(why: (job: J) => unknown): void {
    for (const job of [...this.#waiting]) {
      const reason = why(job);
      if (reason !== undefined) this.drop(job, reason);
    }
  }

  dropAll(reason: unknown): void {
    for (const job of [...this.#waiting, ...this.#running]) this.drop(job, reason);
  }

  #makeRoomFor({ urgency }: J): void {
    if (!isControl(urgency)) return;
    const raising = [...this.#waiting, ...this.#running].filter((job) => job.urgency === 'raise');
    const dropped = urgency === 'lower' ? raising : [];
    const staying = [...this.#running].filter((job) => !dropped.includes(job));
    const last = staying
      .filter((job) => !isControl(job.urgency))
      .sort(byUrgency)
      .at(-1);
    if (last && staying.length >= this.#lanes) dropped.push(last);
    const reason = urgency === 'lower' ? Preempted.byLowering : Preempted.byControl;
    for (const job of dropped) this.drop(job, reason);
  }
}

function mostUrgent<J extends Job>(jobs: readonly J[]): J | undefined {
  const [first, ...others] = jobs;
  return first && others.reduce((best, job) => (byUrgency(job, best) < 0 ? job : best), first);
}

/** Among equals the one that was asked first. */
function byUrgency(a: Job, b: Job): number {
  return rankOf(a.urgency) - rankOf(b.urgency) || patienceEnd(a) - patienceEnd(b);
}

function rankOf(urgency: BusUrgency): number {
  if (urgency === 'lower') return 0;
  return urgency === 'raise' ? 1 : 2;
}

function patienceEnd({ urgency, askedAt }: Job): Millis {
  return askedAt + (isControl(urgency) ? 0 : patienceMs[urgency]);
}

export function isControl(urgency: BusUrgency): urgency is WriteUrgency {
  return urgency === 'lower' || urgency === 'raise';
}
