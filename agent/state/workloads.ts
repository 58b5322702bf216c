/** The slice of the picture for what runs on GPUs. Pure. */
import type { Hint, Now, StageOutcome, Trouble, WorkloadFacts, WorkloadReading } from './observation.ts';
import type { Picture, WorkloadView } from './picture.ts';

type Workloads = Picture['workloads'];

/** Those that are there now, each with what it said before. */
export function withListed(workloads: Workloads, listed: readonly WorkloadFacts[]): Workloads {
  return Object.fromEntries(listed.map((facts) => [facts.id, { hints: [], ...workloads[facts.id], facts }]));
}

export function withReading(workloads: Workloads, id: string, reading: WorkloadReading, now: Now): Workloads {
  return changed(workloads, id, ({ trouble: _healed, ...view }) => ({ ...view, reading: { ...reading, at: now } }));
}

export function withTrouble(workloads: Workloads, id: string, trouble: Trouble, now: Now): Workloads {
  return changed(workloads, id, (view) => ({ ...view, trouble: { ...trouble, at: now } }));
}

export function withStaged(workloads: Workloads, id: string, outcome: StageOutcome, now: Now): Workloads {
  return changed(workloads, id, (view) => ({ ...view, staged: { ...outcome, at: now } }));
}

/** A span that is over, or that says nothing one could plan with, is let go. */
export function withHints(workloads: Workloads, id: string, hints: readonly Hint[], now: Now): Workloads {
  const usable = hints
    .filter(({ fromMono, untilMono }) => fromMono < untilMono && untilMono > now.mono)
    .filter(({ powerW }) => Number.isFinite(powerW) && powerW >= 0)
    .sort((a, b) => a.fromMono - b.fromMono);
  return changed(workloads, id, (view) => ({ ...view, hints: usable }));
}

function changed(workloads: Workloads, id: string, change: (view: WorkloadView) => WorkloadView): Workloads {
  const view = workloads[id];
  return view ? { ...workloads, [id]: change(view) } : workloads;
}
