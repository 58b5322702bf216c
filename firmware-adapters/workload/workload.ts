/**
 * What runs on GPUs, as an adapter offers it: how it is told to give way, how it comes back, and what it has to do. A
 * workload knows nothing of watts budgets; which of its steps is taken, and when, is decided elsewhere.
 */
import type * as z from 'zod';
import type { StepName } from '#protocol/capability.ts';
import type { Millis, Seconds, Watts } from '#protocol/units.ts';
import type { AdapterContext } from '../contract.ts';

/** One way of giving way. */
export type Step = {
  readonly name: StepName;
  /** From the call until nothing computes any more. */
  readonly takesS: Seconds;
  /** Work that is lost or done again, and the time to be back at work. */
  readonly lostS: Seconds;
  /** Returns once the workload rests, with its words. Throws `AdapterError` when it does not. */
  run(notice: Notice, signal: AbortSignal): Promise<string>;
};

export type Notice = {
  /** Wall time at which it must rest. */
  readonly deadline: Millis;
  /** What its GPUs are to draw then, together. */
  readonly targetW: Watts;
};

/** What is absent is unknown: never taken for idle. */
export type WorkloadReading = {
  /** `stopped`: there is nothing to give way, and nothing that would. */
  state: 'running' | 'paused' | 'stopped';
  /** Requests in its queue, and being served. */
  waiting?: number;
  running?: number;
  /** Part of its cache that is in use, 0 to 1. */
  cacheUse?: number;
  queueTimeS?: Seconds;
};

/** What it expects its GPUs to draw together in a span to come, on the monotonic clock. */
export type Hint = { readonly fromMono: Millis; readonly untilMono: Millis; readonly powerW: Watts };

export type Workload = {
  start(): void;
  /** Leaves it as it is. */
  stop(): Promise<void>;
  read(signal: AbortSignal): Promise<WorkloadReading>;
  /** Read it anew each time: a job says what it can do when it comes. */
  readonly steps: readonly Step[];
  /** Undoes whichever step was taken. On one that runs it changes nothing. */
  resume(signal: AbortSignal): Promise<string>;
  readonly hints?: readonly Hint[];
};

export type WorkloadContext = AdapterContext & {
  /** Jobs that speak to the agent; absent where it has no socket. */
  readonly jobs?: JobChannel;
};

export type WorkloadAdapter<Options = unknown> = {
  name: string;
  options: z.ZodObject;
  /** What such work is there for; absent where only the config can say. */
  serves?: 'inference';
  open(options: Options, context: WorkloadContext): Workload;
};

/** The jobs that have registered themselves on the agent's socket. */
export type JobChannel = {
  /** Those of one workload now. */
  jobs(workload: string): readonly Job[];
  /** Lets in jobs that show this token and, where it is given, run as this user; without it none is let in. */
  admit(workload: string, door: { readonly token: string; readonly uid?: number }): void;
  /** Calls `changed` when a job of a workload has something new to say. @returns what ends that. */
  watch(changed: (workload: string) => void): () => void;
};

export type Job = {
  readonly noticeS: Seconds;
  readonly checkpointS: Seconds;
  readonly hints: readonly Hint[];
  readonly state: 'running' | 'paused';
  /** Resolves with `ready` when the job says so, `gone` when it leaves; rejects with the signal's reason. */
  pause(notice: Notice, signal: AbortSignal): Promise<'ready' | 'gone'>;
  /** Tells it that it may run. */
  resume(): void;
};
