/** What is heard of one rack only while its page is open: its devices, its workloads, its agent, its latest watts. */
import type { DeviceStatus, Health, Power, Workload } from '#protocol/telemetry.ts';
import { epochMs } from '#protocol/time.ts';
import { filterOf } from '#protocol/topics.ts';
import type { Millis, Watts } from '#protocol/units.ts';

export type Details = {
  readonly rack: string;
  readonly devices: ReadonlyMap<string, DeviceStatus>;
  readonly workload?: Workload;
  readonly health?: Health;
  /** Its watts since the page was opened, oldest first. */
  readonly trace: readonly TracePoint[];
};

export type TracePoint = { readonly atMs: Millis; readonly powerW: Watts | null; readonly lineW: Watts | null };

/** Of one a second: half an hour. */
const MOST_POINTS = 1_800;

export function noDetails(rack: string): Details {
  return { rack, devices: new Map(), trace: [] };
}

export function detailFilters(site: string, rack: string): string[] {
  return [filterOf(site, 'device', { rack }), filterOf(site, 'workload', { rack }), filterOf(site, 'health', { rack })];
}

export function traced(details: Details, { at, power_w, line_w }: Power): Details {
  const point = { atMs: epochMs(at), powerW: power_w, lineW: line_w };
  return { ...details, trace: [...details.trace.slice(1 - MOST_POINTS), point] };
}
