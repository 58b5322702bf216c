/**
 * What survives a crash, for every rack of this process, on one worker thread.
 *
 * The journal holds what the agent must know after kill -9 or a power cut: orders, home, heads of evidence. A `put`
 * resolves when it is on the disk. The history holds what may lose its last seconds: telemetry for a broker that was
 * away. A full, read-only or damaged disk makes promises reject and is reported; the agent goes on without.
 */
import { Worker } from 'node:worker_threads';
import { moduleBeside } from './beside.ts';
import type { Logger } from './log.ts';
import type {
  HistoryLimits,
  HistoryRow,
  StoreEvent,
  StoreFault,
  StoreReply,
  StoreRequest,
  WorkerData,
} from './store-messages.ts';

export type { HistoryRow, StoreEvent } from './store-messages.ts';

export type Journal = {
  load(): Promise<ReadonlyMap<string, string>>;
  /** Resolves when durable; `key` then has this body and no other. Rejects with `StoreError`. */
  put(key: string, body: string): Promise<void>;
  /** Resolves when durable. Rejects with `StoreError`. */
  remove(key: string): Promise<void>;
};

export type History = {
  /** Written within 10 s. `at` in milliseconds since the epoch. */
  keep(kind: string, at: number, body: string): void;
  /** The oldest rows, oldest first. Rejects with `StoreError`, as do the next two. */
  take(limit: number): Promise<HistoryRow[]>;
  /** Forgets every row up to and with `upToId`. */
  drop(upToId: number): Promise<void>;
  /** Rows kept. */
  size(): Promise<number>;
};

export type RackStore = { journal: Journal; history: History };

export type Store = {
  rack(rack: string): RackStore;
  /** Resolves when both files were tried; a file that fails is reported, not thrown. */
  start(): Promise<void>;
  /** Writes what waits, and ends the worker. */
  stop(): Promise<void>;
};

/** Why something could not be stored. The message is a sentence for people. */
export class StoreError extends Error {
  readonly kind: StoreFault['kind'];

  constructor(fault: StoreFault) {
    super(fault.message);
    this.name = 'StoreError';
    this.kind = fault.kind;
  }
}

export type StoreParts = {
  log: Logger;
  /** Told of loss, failure and recovery, so that alarms can be raised. */
  report(event: StoreEvent): void;
  /** Of each rack's history; a week and 200,000 rows unless said. */
  limits?: HistoryLimits;
};

const defaultLimits: HistoryLimits = { maxRows: 200_000, maxAgeMs: 7 * 24 * 3_600_000 };

export function openStore(folder: string, parts: StoreParts): Store {
  return new WorkerStore(folder, parts);
}

type Waiting = { resolve(value: unknown): void; reject(error: StoreError): void };
/** A request without its id, kind by kind. */
type Ask<Request = Extract<StoreRequest, { id: number }>> = Request extends unknown ? Omit<Request, 'id'> : never;

class WorkerStore implements Store {
  readonly #folder: string;
  readonly #parts: StoreParts;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #running = false;
  #lastId = 0;

  constructor(folder: string, parts: StoreParts) {
    this.#folder = folder;
    this.#parts = parts;
  }

  rack(rack: string): RackStore {
    return {
      journal: {
        load: async () => new Map((await this.#ask({ kind: 'load', rack })) as [string, string][]),
        put: async (key, body) => void (await this.#ask({ kind: 'put', rack, key, body })),
        remove: async (key) => void (await this.#ask({ kind: 'remove', rack, key })),
      },
      history: {
        keep: (kind, at, body) => this.#post({ kind: 'keep', rack, row: { kind, at, body } }),
        take: async (limit) => (await this.#ask({ kind: 'take', rack, limit })) as HistoryRow[],
        drop: async (upToId) => void (await this.#ask({ kind: 'drop', rack, upToId })),
        size: async () => (await this.#ask({ kind: 'size', rack })) as number,
      },
    };
  }

  async start(): Promise<void> {
    this.#running = true;
    await this.#ask({ kind: 'open' });
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    const stopped = this.#ask({ kind: 'stop' });
    this.#running = false;
    await stopped;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #ask(request: Ask): Promise<unknown> {
    if (!this.#running) return Promise.reject(new StoreError({ kind: 'stopped', message: 'the store does not run' }));
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#post({ ...request, id });
    });
  }

  #post(request: StoreRequest): void {
    if (!this.#running) return;
    this.#worker ??= this.#spawn();
    this.#worker.postMessage(request);
  }

  #spawn(): Worker {
    const workerData: WorkerData = { folder: this.#folder, limits: this.#parts.limits ?? defaultLimits };
    const worker = new Worker(moduleBeside('store-worker', import.meta.url), { workerData, name: 'store' });
    worker.on('message', (reply: StoreReply) => this.#receive(reply));
    worker.on('error', (error) => this.#died(worker, error));
    return worker;
  }

  #receive(reply: StoreReply): void {
    switch (reply.kind) {
      case 'done':
        for (const id of reply.ids) this.#settle(id)?.resolve(undefined);
        break;
      case 'value':
        this.#settle(reply.id)?.resolve(reply.value);
        break;
      case 'failed':
        for (const id of reply.ids) this.#settle(id)?.reject(new StoreError(reply.fault));
        break;
      case 'event':
        this.#parts.log[reply.event.kind === 'recovered' ? 'info' : 'warn']({ ...reply.event }, 'store');
        this.#parts.report(reply.event);
        break;
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** The next request starts a new worker. */
  #died(worker: Worker, error: unknown): void {
    this.#parts.log.error({ error }, 'the store worker died');
    if (this.#worker === worker) this.#worker = undefined;
    const fault = new StoreError({ kind: 'failing', message: 'the store worker died' });
    for (const { reject } of this.#waiting.values()) reject(fault);
    this.#waiting.clear();
  }
}
