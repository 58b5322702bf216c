/** Facts about the controller itself, read in a worker of its own. */
import { Worker } from 'node:worker_threads';
import type { Celsius, Millis, Seconds } from '#protocol/units.ts';
import { moduleBeside } from './beside.ts';
import type { Clock, Now } from './clock.ts';
import { now } from './clock.ts';
import type { Logger } from './log.ts';

/** A fact that the machine does not tell is undefined. */
export type HostFacts = {
  memoryTotalBytes: number | undefined;
  memoryAvailableBytes: number | undefined;
  /** Of all cores, since the last reading, 0 to 100. */
  loadPercent: number | undefined;
  cpuC: Celsius | undefined;
  /** Of the disk that holds the agent's state. */
  diskTotalBytes: number | undefined;
  diskFreeBytes: number | undefined;
  uptimeS: Seconds | undefined;
};

export type HostFactsReader = {
  /** Reads now and then every `everyMs`. */
  start(): void;
  stop(): Promise<void>;
  /** The last reading and when it was made; undefined before the first. */
  latest(): { facts: HostFacts; at: Now } | undefined;
  /** Reads once more. Undefined when the reading fails or takes longer than `timeoutMs`. Never rejects. */
  read(): Promise<HostFacts | undefined>;
};

export type HostFactsOptions = {
  /** The folder of the agent's state. */
  folder: string;
  clock: Clock;
  log: Logger;
  everyMs?: Millis;
  timeoutMs?: Millis;
  /** The thread that answers each message with the facts; another one only in tests. */
  worker?: URL;
};

export function openHostFacts(options: HostFactsOptions): HostFactsReader {
  return new WorkerReader(options);
}

class WorkerReader implements HostFactsReader {
  readonly #options: HostFactsOptions;
  #worker: Worker | undefined;
  #reading: Promise<HostFacts | undefined> | undefined;
  #latest: { facts: HostFacts; at: Now } | undefined;
  #cancelPeriod = () => {};

  constructor(options: HostFactsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancelPeriod = this.#options.clock.every(
      'host facts',
      this.#options.everyMs ?? 30_000,
      () => void this.read(),
    );
    void this.read();
  }

  async stop(): Promise<void> {
    this.#cancelPeriod();
    await this.#end();
    await this.#reading;
  }

  latest(): { facts: HostFacts; at: Now } | undefined {
    return this.#latest;
  }

  read(): Promise<HostFacts | undefined> {
    this.#reading ??= this.#ask().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #ask(): Promise<HostFacts | undefined> {
    const { clock, log, timeoutMs = 20_000 } = this.#options;
    const worker = this.#worker ?? this.#spawn();
    this.#worker = worker;
    try {
      const facts = await answerOf(worker, clock, timeoutMs);
      this.#latest = { facts, at: now(clock) };
      return facts;
    } catch (error) {
      // A thread that hangs or died is replaced at the next reading.
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'host facts could not be read');
      await this.#end();
      return undefined;
    }
  }

  #spawn(): Worker {
    const { folder, worker = moduleBeside('host-facts-worker', import.meta.url) } = this.#options;
    return new Worker(worker, { workerData: folder, name: 'host-facts' });
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function answerOf(worker: Worker, clock: Clock, timeoutMs: Millis): Promise<HostFacts> {
  return new Promise<HostFacts>((resolve, reject) => {
    const cancel = clock.after('host facts', timeoutMs, () => failed(new Error('no answer in time')));
    const answered = (facts: HostFacts) => settle(() => resolve(facts));
    const failed = (error: Error) => settle(() => reject(error));
    const ended = () => failed(new Error('the reader ended'));
    const settle = (how: () => void) => {
      cancel();
      // Not removeAllListeners: Node's own are among them, and without those the thread is never heard again.
      worker.off('message', answered).off('error', failed).off('exit', ended);
      how();
    };
    worker.on('message', answered).on('error', failed).on('exit', ended);
    worker.postMessage('read');
  });
}
