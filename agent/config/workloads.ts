/** `workloads` of config.yaml: what runs on the rack's GPUs, and how readily it gives way. */
import * as z from 'zod';
import { servesOf, workloadAdapters } from '#adapters/workload/registry.ts';
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
  /** What it is there for; where that is not said, engines are for inference and all else is batch. */
  serves: z.enum(['inference', 'batch', 'mining']).exactOptional(),
  /**
   * GPUs that change their use together. Of the workloads of one bay, which run on the same GPUs, a single one runs at a
   * time; the first in the config is what the bay is for.
   */
  bay: id.exactOptional(),
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
  const unknown = workloads.flatMap(({ gpus: named }, i) =>
    named.flatMap((gpu, at) =>
      gpus.includes(gpu)
        ? []
        : [{ path: ['workloads', i, 'gpus', at], message: `there is no GPU ${gpu}`, hint: suggest(gpu, gpus) }],
    ),
  );
  return [...unknown, ...workloads.flatMap((workload, i) => checkBay(workload, i, workloads))];
}

function checkBay(workload: WorkloadConfig, i: number, all: readonly WorkloadConfig[]): Finding[] {
  const { id: own, bay, tier, gpus } = workload;
  const sharing = all.find((other) => other.bay !== bay && other.gpus.some((gpu) => gpus.includes(gpu)));
  if (bay === undefined) return [];
  const finding = (key: string, message: string): Finding[] => [{ path: ['workloads', i, key], message }];
  if (tier === 'protected') return finding('bay', `${own} is protected: it gives way to nobody, and can share no bay`);
  if (sharing) return finding('gpus', `${sharing.id} runs on them too, and is not of bay ${bay}`);
  const before = all.slice(0, i).filter((other) => other.bay === bay);
  const [first] = before;
  if (first && first.gpus.toSorted().join() !== gpus.toSorted().join()) {
    return finding('gpus', `the GPUs of bay ${bay} are those of ${first.id}: ${first.gpus.join(', ')}`);
  }
  const rival = before.find((other) => servesOf(other) === servesOf(workload));
  return rival ? finding('bay', `${rival.id} is there for ${servesOf(workload)} in bay ${bay} already`) : [];
}
