/** What runs on the rack's GPUs, as a payload. */
import type { Now } from '#agent/state/observation.ts';
import type { Picture, WorkloadView } from '#agent/state/picture.ts';
import { ageMs } from '#agent/state/picture.ts';
import { freshReading } from '#agent/state/staleness.ts';
import type { Bay, Workload } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { VALID_PERIODS } from './telemetry.ts';

export function workloadPayload({ workloads }: Picture, bays: readonly Bay[], periodMs: Millis, now: Now): Workload {
  return {
    v: 1,
    at: timestampOf(now.wall),
    valid_s: (VALID_PERIODS * periodMs) / 1000,
    ...(bays.length > 0 && { bays: [...bays] }),
    workloads: Object.values(workloads).map((view) => told(view, now)),
  };
}

function told(view: WorkloadView, now: Now): Workload['workloads'][number] {
  const { facts, hints, trouble } = view;
  const reading = freshReading(view, now);
  const age = ageMs(reading, now);
  return {
    workload: facts.id,
    adapter: facts.adapter,
    tier: String(facts.tier),
    gpus: [...facts.gpus],
    state: reading?.state ?? 'unknown',
    age_ms: age === undefined ? null : Math.round(age),
    waiting: reading?.waiting ?? null,
    running: reading?.running ?? null,
    cache_use: reading?.cacheUse ?? null,
    queue_time_s: reading?.queueTimeS ?? null,
    steps: (reading?.steps ?? []).map(({ name }) => name),
    hinted_w: hints.find(({ untilMono }) => untilMono > now.mono)?.powerW ?? null,
    last_error: trouble?.message ?? null,
  };
}
