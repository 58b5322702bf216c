/**
 * The one queue of a wire or session. Work runs one at a time; a control goes before every waiting read and aborts
 * the read in flight, and a control that lowers power drops every control that raises it, running or waiting.
 */
import { Preempted } from '../errors.ts';

/** `lower` reduces power and goes first, then `raise`, then `read`. */
export type Urgency = 'read' | 'raise' | 'lower';

type Job = { urgency: Urgency; abort: AbortController; start(): Promise<void>; drop(reason: unknown): void };

const rank: Record<Urgency, number> = { lower: 0, raise: 1, read: 2 };

export class WireQueue {
  #waiting: Job[] = [];
  #running: Job | undefined;
  #stopped: unknown;

  /** Jobs waiting, not counting the one that runs. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Runs `work` when the wire is free and nothing more urgent waits. `work` must end soon after its signal aborts.
   * Rejects with `Preempted` when more urgent work dropped it, or with the caller's own abort reason.
   */
  run<T>(urgency: Urgency, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise<T>((resolve, reject) => {
      const abort = new AbortController();
      const cancel = () => {
        abort.abort(signal?.reason);
        this.#waiting = this.#waiting.filter((other) => other !== job);
        reject(signal?.reason);
      };
      const done = () => signal?.removeEventListener('abort', cancel);
      const job: Job = {
        urgency,
        abort,
        start: () => work(abort.signal).then(resolve, reject).finally(done),
        drop: (reason) => {
          done();
          abort.abort(reason);
          reject(reason);
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#makeRoomFor(urgency);
      this.#enqueue(job);
      this.#next();
    });
  }

  /** Drops everything, running or waiting, and refuses what comes later, all with `reason`. */
  stop(reason: unknown): void {
    this.#stopped = reason;
    for (const job of this.#waiting.splice(0)) job.drop(reason);
    this.#running?.drop(reason);
  }

  #makeRoomFor(urgency: Urgency): void {
    if (urgency === 'read') return;
    const yields = (job: Job) => urgency === 'lower' && job.urgency === 'raise';
    const dropped = this.#waiting.filter(yields);
    this.#waiting = this.#waiting.filter((job) => !yields(job));
    if (this.#running && (this.#running.urgency === 'read' || yields(this.#running))) dropped.push(this.#running);
    for (const job of dropped) job.drop(urgency === 'lower' ? Preempted.byLowering : Preempted.byControl);
  }

  #enqueue(job: Job): void {
    const at = this.#waiting.findIndex((other) => rank[other.urgency] > rank[job.urgency]);
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, job);
  }

  #next(): void {
    if (this.#running) return;
    const job = this.#waiting.shift();
    if (!job) return;
    this.#running = job;
    // The wire is free only when the aborted work has really let go of it, hence the wait for its end.
    void job.start().finally(() => {
      this.#running = undefined;
      this.#next();
    });
  }
}
