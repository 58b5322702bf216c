/**
 * Jobs that speak to the agent over its socket: they are told before they must rest, say when they do, and say what
 * they are about to draw. Several may register under one workload, such as the ranks of one training run: it rests when
 * all of them do.
 *
 * What the technician must do: put a token into `token_file`, readable for the agent and the jobs' user, and give that
 * user the right to open the socket. What the job must do is in protocol/SCHEMA.md; protocol/clients/python does it.
 *
 * A job that freezes itself when told has its state in memory and loses nothing; one that writes a checkpoint first
 * takes the time that it said it needs.
 */
import * as z from 'zod';
import type { Millis, Seconds } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import type {
  Hint,
  Job,
  JobChannel,
  Notice,
  Step,
  Workload,
  WorkloadAdapter,
  WorkloadContext,
  WorkloadReading,
} from './workload.ts';

const options = z.object({
  token_file: z.string().min(1),
  /** The only user, beside root, whose jobs are let in; absent for everybody who may open the socket. */
  uid: z.int().min(0).exactOptional(),
});
type CooperativeOptions = z.infer<typeof options>;

export const cooperative: WorkloadAdapter<CooperativeOptions> = {
  name: 'cooperative',
  options,
  open: (given, context) => new Cooperative(given, context),
};

/** Assumed: from "you may run" to the first step of work. */
const BACK_S: Seconds = 1;
/** After a restart of the agent its jobs come back, some of them resting since before: until then nothing is known. */
const RETURN_MS: Millis = 30_000;

class Cooperative implements Workload {
  readonly #given: CooperativeOptions;
  readonly #context: WorkloadContext;
  readonly #channel: JobChannel;
  #startedMs: Millis = 0;

  constructor(given: CooperativeOptions, context: WorkloadContext) {
    this.#given = given;
    this.#context = context;
    if (!context.jobs) throw new Error(`${context.id} waits for jobs, and there is no socket for them`);
    this.#channel = context.jobs;
  }

  start(): void {
    this.#startedMs = this.#context.clock.monotonic();
    const { id, secret, log } = this.#context;
    const { token_file, uid } = this.#given;
    secret(token_file)
      .then((token) => this.#channel.admit(id, { token, ...(uid !== undefined && { uid }) }))
      .catch((error: unknown) => log.warn({ error }, 'without its token no job of this workload is let in'));
  }

  async stop(): Promise<void> {}

  async read(): Promise<WorkloadReading> {
    const jobs = this.#jobs;
    const sinceMs = this.#context.clock.monotonic() - this.#startedMs;
    if (jobs.length === 0 && sinceMs < RETURN_MS) {
      throw new AdapterError('unreachable', 'no job of it has come to the socket yet');
    }
    if (jobs.length === 0) return { state: 'stopped' };
    return { state: jobs.every(({ state }) => state === 'paused') ? 'paused' : 'running' };
  }

  get hints(): readonly Hint[] {
    return this.#jobs.flatMap(({ hints }) => hints);
  }

  /** While no job is there its step is offered all the same: one that comes is told to rest. */
  get steps(): readonly Step[] {
    const takesS = Math.max(0, ...this.#jobs.map(({ noticeS, checkpointS }) => Math.max(noticeS, checkpointS)));
    return [
      { name: 'checkpoint', takesS, lostS: takesS + BACK_S, run: (notice, signal) => this.#pause(notice, signal) },
    ];
  }

  async resume(): Promise<string> {
    const jobs = this.#jobs;
    for (const job of jobs) job.resume();
    return `${jobs.length} told to run`;
  }

  async #pause(notice: Notice, signal: AbortSignal): Promise<string> {
    const jobs = this.#jobs;
    try {
      const outcomes = await Promise.all(jobs.map((job) => job.pause(notice, signal)));
      const gone = outcomes.filter((outcome) => outcome === 'gone').length;
      return `${jobs.length - gone} ready${gone ? `, ${gone} gone` : ''}`;
    } catch (error) {
      if (!signal.aborted) throw error;
      const late = jobs.filter(({ state }) => state === 'running').length;
      throw new AdapterError('timedOut', `${late} of ${jobs.length} jobs did not say that they rest`, { cause: error });
    }
  }

  get #jobs(): readonly Job[] {
    return this.#channel.jobs(this.#context.id);
  }
}
