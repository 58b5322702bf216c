/** The agent itself, its machine, its sources and wires, and the work on the rack's GPUs. */
import type { Health, Workload } from '#protocol/telemetry.ts';
import type { Family, Sample } from './exposition.ts';
import { counter, each, gauge, times } from './family.ts';

export function healthMetrics(health: Health | undefined, workload: Workload | undefined): Family[] {
  return [
    gauge('uptime_seconds', 'Time since the agent started.', health?.uptime_s),
    gauge('loop_lag_seconds', 'How late the last turn of the loop came.', times(1 / 1000, health?.loop_lag_ms)),
    gauge('resident_memory_bytes', 'Memory of the agent.', health?.rss_bytes),
    gauge('heap_bytes', 'Of it, what JavaScript uses.', health?.heap_bytes),
    gauge('host_load_ratio', 'Load of all cores, 0 to 1.', times(1 / 100, health?.host_load_percent)),
    gauge('host_memory_available_bytes', 'Memory that the machine has left.', health?.host_memory_available_bytes),
    gauge('host_disk_free_bytes', 'Room where the journal goes.', health?.host_disk_free_bytes),
    gauge('host_cpu_celsius', 'Temperature of the controller.', health?.host_cpu_c),
    ...sourceMetrics(health),
    ...busMetrics(health),
    ...workloadMetrics(workload),
  ];
}

/** A source is a meter, a sensor, a PDU, a device or a workload of the config. */
function sourceMetrics(health: Health | undefined): Family[] {
  const sources = Object.entries(health?.sources ?? {});
  const label = ([source]: (typeof sources)[number]) => ({ source });
  return [
    counter(
      'source_reads',
      'Readings that were tried.',
      each(sources, label, ([, { reads }]) => reads),
    ),
    counter(
      'source_failures',
      'Readings that failed.',
      each(sources, label, ([, { failures }]) => failures),
    ),
    gauge(
      'source_read_seconds',
      'What the last reading took.',
      each(sources, label, ([, { last_ms }]) => times(1 / 1000, last_ms)),
    ),
  ];
}

/** In `health` beside the counters: how the wire is now. */
const now = ['load_percent', 'turnaround_ms', 'units_offline'];

function busMetrics(health: Health | undefined): Family[] {
  const buses = Object.entries(health?.buses ?? {});
  const label = ([bus]: (typeof buses)[number]) => ({ bus });
  const happenings: Sample[] = buses.flatMap(([bus, counters]) =>
    Object.entries(counters)
      .filter(([kind]) => !now.includes(kind))
      .map(([kind, value]) => ({ labels: { bus, kind }, value })),
  );
  return [
    counter('bus_happenings', 'Requests, replies, time-outs, damaged frames and so on.', happenings),
    gauge(
      'bus_load_ratio',
      'Share of time in which the wire is taken.',
      each(buses, label, ([, { load_percent }]) => times(1 / 100, load_percent)),
    ),
    gauge(
      'bus_turnaround_seconds',
      'What its units take to answer.',
      each(buses, label, ([, { turnaround_ms }]) => times(1 / 1000, turnaround_ms)),
    ),
    gauge(
      'bus_units_offline',
      'Units that do not answer.',
      each(buses, label, ([, { units_offline }]) => units_offline),
    ),
  ];
}

function workloadMetrics(workload: Workload | undefined): Family[] {
  const workloads = workload?.workloads ?? [];
  const label = ({ workload: id }: (typeof workloads)[number]) => ({ workload: id });
  return [
    gauge(
      'workload_running',
      'Whether it computes; absent when nobody knows.',
      each(workloads, label, ({ state }) => (state === 'unknown' ? undefined : state === 'running')),
    ),
    gauge(
      'workload_requests_waiting',
      'Requests in its queue.',
      each(workloads, label, ({ waiting }) => waiting),
    ),
    gauge(
      'workload_requests_running',
      'Requests that are being served.',
      each(workloads, label, ({ running }) => running),
    ),
  ];
}
