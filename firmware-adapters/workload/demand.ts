/**
 * What an inference server has to do, from its metrics page: queue, running requests, cache and queue time under the
 * names that each server gives them. A metric that is missing is unknown, never zero.
 */
import type { Seconds } from '#protocol/units.ts';
import type { WorkloadReading } from './workload.ts';

export type Demand = Pick<WorkloadReading, 'waiting' | 'running' | 'cacheUse' | 'queueTimeS'>;

/** Names of a server's metrics; of several, the first that is there counts. `queueTime` is a histogram's, in seconds. */
export type MetricNames = {
  readonly waiting: readonly string[];
  readonly running: readonly string[];
  readonly cacheUse: readonly string[];
  readonly queueTime?: string;
};

/** As each engine names them on its own metrics page. */
export const vllmMetrics: MetricNames = {
  waiting: ['vllm:num_requests_waiting'],
  running: ['vllm:num_requests_running'],
  cacheUse: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
  queueTime: 'vllm:request_queue_time_seconds',
};
export const sglangMetrics: MetricNames = {
  waiting: ['sglang:num_queue_reqs'],
  running: ['sglang:num_running_reqs'],
  cacheUse: ['sglang:token_usage'],
};
export const tgiMetrics: MetricNames = {
  waiting: ['tgi_queue_size'],
  running: ['tgi_batch_current_size'],
  cacheUse: [],
};
export const tritonMetrics: MetricNames = {
  waiting: ['nv_inference_pending_request_count'],
  running: [],
  cacheUse: [],
};

/** Counters of queue time grow for ever: only two looks tell how long requests waited in between. */
export type QueueTime = { readonly sumS: Seconds; readonly count: number };

/** `before` is what the last page's `queue` was; a server that was started anew begins from zero again. */
export function demandIn(
  page: string,
  names: MetricNames,
  before?: QueueTime,
): { readonly demand: Demand; readonly queue?: QueueTime } {
  const samples = samplesIn(page);
  const first = (of: readonly string[]) => of.map((name) => samples.get(name)).find((value) => value !== undefined);
  const [sumS, count] = [samples.get(`${names.queueTime}_sum`), samples.get(`${names.queueTime}_count`)];
  const queue = sumS !== undefined && count !== undefined ? { sumS, count } : undefined;
  const found = { waiting: first(names.waiting), running: first(names.running), cacheUse: first(names.cacheUse) };
  const queueTimeS = queue && before ? meanBetween(before, queue) : undefined;
  const demand = Object.fromEntries(
    Object.entries({ ...found, queueTimeS }).filter(([, value]) => value !== undefined && value >= 0),
  );
  return { demand, ...(queue && { queue }) };
}

function meanBetween(before: QueueTime, after: QueueTime): Seconds | undefined {
  const requests = after.count - before.count;
  return requests > 0 && after.sumS >= before.sumS ? (after.sumS - before.sumS) / requests : undefined;
}

/** Per name the sum over its labels: a server with several models, or several engines, has one line for each. */
function samplesIn(page: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of page.split('\n')) {
    if (line.startsWith('#')) continue;
    const nameEnd = line.search(/[{ ]/);
    const valueAt = line.includes('}') ? line.lastIndexOf('}') + 1 : nameEnd;
    if (nameEnd < 1) continue;
    const value = Number.parseFloat(line.slice(valueAt));
    if (!Number.isFinite(value)) continue;
    const name = line.slice(0, nameEnd);
    samples.set(name, (samples.get(name) ?? 0) + value);
  }
  return samples;
}
