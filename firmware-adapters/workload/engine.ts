/** Engines that serve models over HTTP: asked in one way, and those that can only be watched are whole here. */
import * as z from 'zod';
import type { Millis } from '#protocol/units.ts';
import type { AdapterContext } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import type { HttpBody, HttpReply } from '../transport/http.ts';
import { HttpLine } from '../transport/http.ts';
import type { MetricNames, QueueTime } from './demand.ts';
import { demandIn, tgiMetrics, tritonMetrics } from './demand.ts';
import type { Step, Workload, WorkloadAdapter, WorkloadReading } from './workload.ts';

export const TIMEOUT_MS: Millis = 5_000;

/** Of a server, or of the router before it. */
export const serverUrl = z.url({ protocol: /^http$/ });

export type Ask = (
  method: 'GET' | 'POST',
  to: URL,
  timeoutMs: Millis,
  signal: AbortSignal,
  body?: HttpBody,
) => Promise<HttpReply>;

/** A connection a request: a poll and a switch must not wait for each other. Anything but a success is thrown. */
export function asker({ clock, connect }: Pick<AdapterContext, 'clock' | 'connect'>): Ask {
  return async (method, { hostname: host, port, pathname, search }, timeoutMs, signal, body) => {
    const line = new HttpLine({ host, port: Number(port || 80), clock, connect });
    const path = pathname + search;
    try {
      const reply = await line.ask({ method, path, timeoutMs, once: true, ...(body && { body }) }, signal);
      if (reply.status >= 200 && reply.status < 300) return reply;
      const kind = reply.status === 404 ? 'unsupported' : 'refused';
      throw new AdapterError(kind, `${method} ${path}: status ${reply.status}`, { code: reply.status });
    } finally {
      line.close();
    }
  };
}

const watched = z.object({
  /** Of its metrics page. */
  url: serverUrl,
});

/** Triton (port 8002) and Hugging Face TGI have no way to rest: their demand is read, and their GPUs are only capped. */
export const triton = watchedEngine('triton', tritonMetrics);
export const tgi = watchedEngine('tgi', tgiMetrics);

function watchedEngine(name: string, metrics: MetricNames): WorkloadAdapter<z.infer<typeof watched>> {
  return {
    name,
    options: watched,
    serves: 'inference',
    open: ({ url }, context) => new WatchedEngine(new URL(url), metrics, asker(context)),
  };
}

export class WatchedEngine implements Workload {
  readonly steps: readonly Step[] = [];
  readonly #page: URL;
  readonly #metrics: MetricNames;
  readonly #ask: Ask;
  #queue: QueueTime | undefined;

  constructor(page: URL, metrics: MetricNames, ask: Ask) {
    this.#page = page;
    this.#metrics = metrics;
    this.#ask = ask;
  }

  start(): void {}
  async stop(): Promise<void> {}

  async read(signal: AbortSignal): Promise<WorkloadReading> {
    const { text } = await this.#ask('GET', this.#page, TIMEOUT_MS, signal);
    const { demand, queue } = demandIn(text, this.#metrics, this.#queue);
    this.#queue = queue;
    return { state: 'running', ...demand };
  }

  async resume(): Promise<string> {
    return 'it has never rested';
  }
}
