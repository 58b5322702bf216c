/** Keeps a session ready for a fast control: does the slow part ahead of time, renews it, and outlives dead devices. */
import type { Millis } from '#protocol/units.ts';
import type { Clock, Log } from '../contract.ts';
import { Preempted } from '../errors.ts';
import type { WireQueue } from './wire-queue.ts';

export type Warmth = {
  /** Fetches what a control needs. Runs on the queue as a read, so a control never waits for it. */
  warm(signal: AbortSignal): Promise<void>;
  /** Milliseconds from one success to the next attempt. */
  renewMs: Millis;
  queue: WireQueue;
  clock: Pick<Clock, 'sleep'>;
  log: Log;
};

/** Pauses after a failure double from the first to the last, ms. */
const FIRST_PAUSE_MS = 2_000;
const LAST_PAUSE_MS = 60_000;

export class KeepWarm {
  readonly #warmth: Warmth;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(warmth: Warmth) {
    this.#warmth = warmth;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopped.signal);
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Preempted('the end of the session'));
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, renewMs } = this.#warmth;
    let pauseMs = FIRST_PAUSE_MS;
    let failure: string | undefined;
    while (!signal.aborted) {
      const outcome = await this.#try(signal);
      if (outcome === 'preempted') continue;
      if (outcome !== failure) this.#say(outcome, failure);
      failure = outcome;
      await clock.sleep(failure === undefined ? renewMs : pauseMs, signal).catch(() => undefined);
      pauseMs = failure === undefined ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LAST_PAUSE_MS);
    }
  }

  /** Nothing on success, else why not. */
  async #try(signal: AbortSignal): Promise<string | undefined> {
    try {
      await this.#warmth.queue.run('read', (abort) => this.#warmth.warm(abort), signal);
      return undefined;
    } catch (error) {
      // The control that took the wire is over soon, and says nothing about the device: queue up again behind it.
      if (error instanceof Preempted) return 'preempted';
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Once per change: a rack of dead miners must not fill the log. */
  #say(failure: string | undefined, before: string | undefined): void {
    if (failure !== undefined) this.#warmth.log.warn({ failure }, 'session is cold');
    else this.#warmth.log.info({ before }, 'session is warm again');
  }
}
