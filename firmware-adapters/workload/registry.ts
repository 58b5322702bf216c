/** Every way to tell work on GPUs to give way, one line each. */
import type { Use } from '#protocol/capability.ts';
import { container } from './container.ts';
import { cooperative } from './cooperative.ts';
import { tgi, triton } from './engine.ts';
import { processGroup } from './process-group.ts';
import { sglang } from './sglang.ts';
import { slurm } from './slurm.ts';
import { systemdUnit } from './systemd-unit.ts';
import { vllm } from './vllm.ts';
import type { WorkloadAdapter } from './workload.ts';

export const workloadAdapters: readonly WorkloadAdapter[] = [
  cooperative,
  processGroup,
  systemdUnit,
  container,
  slurm,
  vllm,
  sglang,
  triton,
  tgi,
];

export function workloadAdapterNamed(name: string): WorkloadAdapter | undefined {
  return workloadAdapters.find((adapter) => adapter.name === name);
}

/** What a workload of the config is there for; where that is not said, engines are for inference and all else is batch. */
export function servesOf({ adapter, serves }: { adapter: string; serves?: WorkUse }): WorkUse {
  return serves ?? workloadAdapterNamed(adapter)?.serves ?? 'batch';
}

type WorkUse = Exclude<Use, 'rest'>;
