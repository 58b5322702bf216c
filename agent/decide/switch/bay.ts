/**
 * GPUs that change their use together, such as one GPU that serves inference by day and trains by night: the workloads
 * of one bay, of which a single one runs at a time. Pure.
 */
import type { Now } from '#agent/state/observation.ts';
import type { Picture, WorkloadView } from '#agent/state/picture.ts';
import type { Use } from '#protocol/capability.ts';

export type Bay = {
  readonly id: string;
  readonly gpus: readonly string[];
  /** What it is for when nobody else wants it: the first of its workloads in the config. */
  readonly home: Use;
  /** In the order of the config. */
  readonly workloads: readonly WorkloadView[];
};

export function baysOf({ workloads }: Picture): Bay[] {
  const bays = new Map<string, Bay>();
  for (const view of Object.values(workloads)) {
    const { bay, gpus } = view.facts;
    if (!bay) continue;
    const { id, serves: home } = bay;
    const before = bays.get(id) ?? { id, gpus, home, workloads: [] };
    bays.set(id, { ...before, workloads: [...before.workloads, view] });
  }
  return [...bays.values()];
}

/** What a workload of a bay is there for. */
export function useOf({ facts }: WorkloadView): Use | undefined {
  return facts.bay?.serves;
}

/** Which of its workloads a use stands for; undefined for rest. */
export function workloadFor({ workloads }: Bay, use: Use): WorkloadView | undefined {
  return workloads.find((view) => useOf(view) === use);
}

/** What it was last seen to do, if that was at `since`, wall time, or later. */
export function seenSince({ reading }: WorkloadView, since: number): NonNullable<WorkloadView['reading']> | undefined {
  return reading && reading.at.wall >= since ? reading : undefined;
}

/** What it serves by the looks of it; undefined until each of its workloads has been heard. */
export function servesNow(bay: Bay): Use | undefined {
  if (bay.workloads.some(({ reading, trouble }) => !reading && !trouble)) return undefined;
  const running = bay.workloads.filter(({ reading }) => reading?.state === 'running').map(useOf);
  if (running.includes(bay.home)) return bay.home;
  return running[0] ?? bay.home;
}

/** GPUs that an order holds at rest: nobody is woken on them. And those that the agent leaves alone. */
export type Grip = { readonly held: ReadonlySet<string>; readonly untouched: ReadonlySet<string> };

export function isAmong({ gpus }: Bay, some: ReadonlySet<string>): boolean {
  return gpus.some((gpu) => some.has(gpu));
}

export type Moment = Pick<Now, 'wall'>;
