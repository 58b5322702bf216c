/** How the agent itself is, for the `health` topic. */
import type { Health } from '#protocol/telemetry.ts';
import type { Millis } from '#protocol/units.ts';

/** Of the process and its machine. */
export type HostHealth = {
  readonly uptimeS: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly loadPercent: number | undefined;
  readonly memoryAvailableBytes: number | undefined;
  readonly diskFreeBytes: number | undefined;
  readonly cpuC: number | undefined;
};

type Counts = { readonly reads: number; readonly failures: number; readonly lastMs: Millis | undefined };

export type HealthParts = {
  readonly host: HostHealth;
  readonly pollers: ReadonlyMap<string, { readonly counts: Counts }>;
  readonly lagMs: Millis | undefined;
  readonly buses: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

export function healthOf({ host, pollers, lagMs, buses }: HealthParts): Omit<Health, 'v' | 'at' | 'valid_s'> {
  const source = ({ reads, failures, lastMs }: Counts) => ({
    reads,
    failures,
    last_ms: lastMs === undefined ? null : Math.round(lastMs),
  });
  return {
    uptime_s: Math.round(host.uptimeS),
    loop_lag_ms: lagMs === undefined ? null : Math.round(lagMs),
    rss_bytes: host.rssBytes,
    heap_bytes: host.heapBytes,
    host_load_percent: host.loadPercent ?? null,
    host_memory_available_bytes: host.memoryAvailableBytes ?? null,
    host_disk_free_bytes: host.diskFreeBytes ?? null,
    host_cpu_c: host.cpuC ?? null,
    sources: Object.fromEntries([...pollers].map(([name, { counts }]) => [name, source(counts)])),
    buses: Object.fromEntries(Object.entries(buses).map(([id, counters]) => [id, inWireCase(counters)])),
  };
}

/** `lateReplies` in the code is `late_replies` on the wire. */
function inWireCase(counters: Readonly<Record<string, number>>): Record<string, number> {
  const wireName = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(counters).map(([name, count]) => [wireName(name), count]));
}
