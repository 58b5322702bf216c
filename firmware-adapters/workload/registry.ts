/** Every way to tell work on GPUs to give way, one line each. */
import { cooperative } from './cooperative.ts';
import { sglang, tgi, triton } from './engine.ts';
import { processGroup } from './process-group.ts';
import { vllm } from './vllm.ts';
import type { WorkloadAdapter } from './workload.ts';

export const workloadAdapters: readonly WorkloadAdapter[] = [cooperative, processGroup, vllm, sglang, triton, tgi];

export function workloadAdapterNamed(name: string): WorkloadAdapter | undefined {
  return workloadAdapters.find((adapter) => adapter.name === name);
}
