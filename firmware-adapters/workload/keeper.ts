/**
 * One workload, however many GPUs it runs on and whoever asks: it gives way once, comes back once, and what it does in
 * between is followed. A step that fails, or is not done in time, is followed by the next harder one.
 */
import type { StepName } from '#protocol/capability.ts';
import { stepNames } from '#protocol/capability.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Clock, Log, RestNotice } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { within } from '../transport/within.ts';
import type { Hint, Step, Workload, WorkloadReading } from './workload.ts';

export type KeeperParts = {
  readonly id: string;
  readonly workload: Workload;
  readonly clock: Pick<Clock, 'wall' | 'after'>;
  readonly log: Log;
  /** What its GPUs draw together while it rests. */
  readonly restW: Watts;
};

type Turn = { readonly towards: 'rest' | 'work'; readonly abort: AbortController; readonly done: Promise<string> };

export class Keeper {
  readonly #parts: KeeperParts;
  #turn: Turn | undefined;
  /** Whether it is to rest because of us: then a job that only comes now is told to rest too. */
  #held = false;
  #state: WorkloadReading['state'] | undefined;
  /** Whether it has its bay: one that has not is not woken with its GPUs. Without a bay it always has. */
  onStage = true;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#parts.workload.start();
  }

  async stop(): Promise<void> {
    this.#turn?.abort.abort(new DOMException('the end of the session', 'AbortError'));
    await this.#parts.workload.stop();
  }

  get steps(): readonly Step[] {
    return this.#parts.workload.steps;
  }

  get hints(): readonly Hint[] {
    return this.#parts.workload.hints ?? [];
  }

  async read(signal: AbortSignal): Promise<WorkloadReading> {
    const reading = await this.#parts.workload.read(signal);
    this.#state = reading.state;
    return reading;
  }

  /** Whether nothing of it computes and nothing will; undefined while it has not been heard. */
  get rests(): boolean | undefined {
    if (this.#state === undefined) return undefined;
    return this.#state === 'paused' || (this.#held && this.#state === 'stopped');
  }

  /** Asked twice, it is done once. */
  rest(notice: RestNotice): Promise<string> {
    this.#held = true;
    return this.#go('rest', (signal) => this.#giveWay(notice, signal));
  }

  work(): Promise<string> {
    if (!this.onStage) return Promise.resolve('another has its bay');
    this.#held = false;
    return this.#go('work', (signal) => this.#parts.workload.resume(signal));
  }

  #go(towards: Turn['towards'], way: (signal: AbortSignal) => Promise<string>): Promise<string> {
    if (this.#turn?.towards === towards) return this.#turn.done;
    const before = this.#turn;
    before?.abort.abort(new DOMException('it is to do the opposite now', 'AbortError'));
    const abort = new AbortController();
    const done = (before?.done ?? Promise.resolve(''))
      .catch(() => '')
      .then(() => way(abort.signal))
      .then(async (said) => {
        await this.read(abort.signal);
        return said;
      })
      .finally(() => {
        if (this.#turn === turn) this.#turn = undefined;
      });
    const turn: Turn = { towards, abort, done };
    this.#turn = turn;
    return done;
  }

  async #giveWay({ by, deadline }: RestNotice, signal: AbortSignal): Promise<string> {
    if ((await this.read(signal)).state !== 'running') return 'nothing of it runs';
    const ladder = this.#ladder(by?.[this.#parts.id]);
    let failure: unknown = new AdapterError('unsupported', 'it has no way of giving way');
    for (const [i, step] of ladder.entries()) {
      try {
        return `${step.name}: ${await this.#inTime(step, i === ladder.length - 1, deadline, signal)}`;
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
        this.#parts.log.warn({ step: step.name, reason: (error as Error).message }, 'a workload did not give way');
      }
    }
    throw failure;
  }

  /** The chosen step, then the harder ones. */
  #ladder(from: StepName | undefined): Step[] {
    const rank = ({ name }: Pick<Step, 'name'>) => stepNames.indexOf(name);
    const least = from === undefined ? 0 : stepNames.indexOf(from);
    return [...this.steps].sort((a, b) => rank(a) - rank(b)).filter((step) => rank(step) >= least);
  }

  /** A step that is followed by another has until the deadline; the last one takes what it takes. */
  #inTime(step: Step, isLast: boolean, deadline: Millis, signal: AbortSignal): Promise<string> {
    const leftMs = Math.max(deadline - this.#parts.clock.wall(), LEAST_MS);
    return within(
      this.#parts.clock,
      isLast ? Math.max(leftMs, LAST_MS) : leftMs,
      signal,
      (stop) => step.run({ deadline, targetW: this.#parts.restW }, stop),
      (cause) => new AdapterError('timedOut', `${step.name} was not done in time`, { cause }),
    );
  }
}

/** A deadline that is over already leaves this much, so that the gentle way has been tried. */
const LEAST_MS = 1000;
const LAST_MS = 60_000;
