/** What runs on the rack's GPUs, made once from the config, and the GPUs as they are with it. */
import type { Device, Host } from '#adapters/contract.ts';
import { Keeper } from '#adapters/workload/keeper.ts';
import { servesOf, workloadAdapterNamed } from '#adapters/workload/registry.ts';
import { withWorkloads } from '#adapters/workload/resting-gpu.ts';
import type { JobChannel, WorkloadContext } from '#adapters/workload/workload.ts';
import type { Watts } from '#protocol/units.ts';
import type { Config, DeviceConfig } from '../config/config.ts';
import type { WorkloadConfig } from '../config/workloads.ts';
import type { Logger } from '../platform/log.ts';
import type { WorkloadFacts } from '../state/observation.ts';

export type WorkloadParts = Omit<WorkloadContext, 'id' | 'log' | 'host' | 'jobs'> & {
  readonly log: Logger;
  readonly host?: Host;
  readonly jobs?: JobChannel;
};

export type RackWorkload = { readonly facts: WorkloadFacts; readonly keeper: Keeper };

export function buildWorkloads({ workloads, devices }: Config, parts: WorkloadParts): RackWorkload[] {
  const idleW = new Map(devices.map((device) => [device.id, idleWOf(device) ?? 0]));
  return workloads.map((config) => {
    const { id, adapter, gpus, tier, period_ms: periodMs, bay } = config;
    const log = parts.log.child({ workload: id });
    const restW = gpus.reduce((sum, gpu) => sum + (idleW.get(gpu) ?? 0), 0);
    const workload = adapterOf(config).open(config, { ...parts, id, log });
    return {
      facts: {
        id,
        adapter,
        gpus,
        tier,
        periodMs,
        ...(bay !== undefined && { bay: { id: bay, serves: servesOf(config) } }),
      },
      keeper: new Keeper({ id, workload, clock: parts.clock, log, restW }),
    };
  });
}

/** What a GPU draws while its workloads rest; undefined for one whose workloads are never told to. */
export function restW(config: DeviceConfig, workloads: readonly RackWorkload[]): Watts | undefined {
  const own = on(config, workloads);
  // A protected workload shields its GPUs by the plan; here it means that nobody could tell it to rest by mistake.
  const mayRest = own.length > 0 && own.every(({ facts }) => facts.tier !== 'protected');
  return mayRest ? idleWOf(config) : undefined;
}

export function withItsWorkloads(config: DeviceConfig, device: Device, workloads: readonly RackWorkload[]): Device {
  const idleW = restW(config, workloads);
  const keepers = on(config, workloads).map(({ keeper }) => keeper);
  return idleW === undefined ? device : withWorkloads(device, keepers, idleW);
}

function on({ id }: DeviceConfig, workloads: readonly RackWorkload[]): RackWorkload[] {
  return workloads.filter(({ facts }) => facts.gpus.includes(id));
}

/** By convention the same in all adapters of GPUs. */
function idleWOf(config: DeviceConfig & { idle_w?: number }): number | undefined {
  return config.idle_w;
}

function adapterOf({ adapter: name }: WorkloadConfig) {
  const adapter = workloadAdapterNamed(name);
  // The config's schema lists the registry's adapters, so this is a mistake of ours.
  if (!adapter) throw new Error(`no adapter ${name}`);
  return adapter;
}
