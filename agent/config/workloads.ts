/** `workloads` of config.yaml: what runs on the rack's GPUs, and how readily it gives way. */
import * as z from 'zod';
import { workloadAdapters } from '#adapters/workload/registry.ts';
import { id } from './id.ts';
import { suggest } from './nearest.ts';
import type { Finding } from './problem.ts';

const base = {
  id,
  /** The devices it runs on. A GPU that carries several rests only when all of them do. */
  gpus: z.array(id).min(1),
  /**
   * How readily it gives way: `protected` never, 0 last, 3 first. Absent is `protected`: what nobody has thought about
   * is left alone.
   */
  tier: z.union([z.literal('protected'), z.literal([0, 1, 2, 3])]).default('protected'),
  /** Milliseconds between two looks at what it has to do. */
  period_ms: z.int().min(200).max(600_000).default(2000),
};

/** One entry per adapter in the registry, so that each checks its own options. */
export const workload = z.discriminatedUnion(
  'adapter',
  workloadAdapters.map((adapter) =>
    z.strictObject({ ...base, adapter: z.literal(adapter.name), ...adapter.options.shape }),
  ) as [z.ZodObject<typeof base & { adapter: z.ZodLiteral<string> }>],
);

export type WorkloadConfig = z.infer<typeof workload>;

/** @param gpus ids of the devices that are GPUs. */
export function checkWorkloads(workloads: readonly WorkloadConfig[], gpus: readonly string[]): Finding[] {
  return workloads.flatMap(({ gpus: named }, i) =>
    named.flatMap((gpu, at) =>
      gpus.includes(gpu)
        ? []
        : [{ path: ['workloads', i, 'gpus', at], message: `there is no GPU ${gpu}`, hint: suggest(gpu, gpus) }],
    ),
  );
}
