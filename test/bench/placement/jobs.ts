/** Jobs of the Alibaba 2023 GPU trace, made to load a rack of our size. */
import type { Seconds } from '#protocol/units.ts';

export type Job = {
  readonly id: string;
  readonly kind: 'inference' | 'batch';
  readonly gpus: number;
  readonly at: Seconds;
  readonly runs: Seconds;
};

/** Pods that outlive this hold a GPU for good as far as a rack's day goes: they leave nothing to place. */
const LONGEST_S: Seconds = 86_400;

/** By arrival. A pod that asks for part of a GPU gets a whole one; LS is serving, BE batch; others are left out. */
export function jobsOf(rows: readonly Record<string, string>[], rackGpus: number): Job[] {
  return rows
    .flatMap((row): Job[] => {
      const [gpus, at] = [Number(row['num_gpu']), Number(row['creation_time'])];
      const runs = Number(row['deletion_time']) - at;
      const kind = row['qos'] === 'LS' ? 'inference' : row['qos'] === 'BE' ? 'batch' : undefined;
      if (!kind || gpus < 1 || gpus > rackGpus / 2 || !(runs > 0 && runs <= LONGEST_S)) return [];
      return [{ id: row['name'] ?? '', kind, gpus, at, runs }];
    })
    .sort((a, b) => a.at - b.at);
}

/** The same jobs in the same order, pushed together or drawn apart until they would keep `load` of the rack busy. */
export function loaded(jobs: readonly Job[], load: number, rackGpus: number): Job[] {
  const [first, last] = [jobs[0]?.at ?? 0, jobs.at(-1)?.at ?? 0];
  const pace = workOf(jobs) / (rackGpus * load) / (last - first);
  return jobs.map((job) => ({ ...job, at: (job.at - first) * pace }));
}

/** GPU-seconds. */
export function workOf(jobs: readonly Job[]): number {
  return jobs.reduce((sum, { gpus, runs }) => sum + gpus * runs, 0);
}
