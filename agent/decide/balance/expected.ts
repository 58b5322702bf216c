/** What the jobs themselves say that they will draw. */
import type { Hint } from '#agent/state/observation.ts';
import type { Picture, WorkloadView } from '#agent/state/picture.ts';
import type { Watts } from '#protocol/units.ts';

export type Span = Pick<Hint, 'fromMono' | 'untilMono'>;

/**
 * The most that the hints name within a span for all these devices together; undefined unless every one of them runs a
 * workload that has told the whole of it.
 */
export function hintedW({ workloads }: Picture, devices: ReadonlySet<string>, span: Span): Watts | undefined {
  const running = Object.values(workloads).filter(({ facts }) => facts.gpus.some((gpu) => devices.has(gpu)));
  const hinted = new Set(running.flatMap(({ facts }) => facts.gpus));
  if (running.length === 0 || [...devices].some((id) => !hinted.has(id))) return undefined;
  return running.reduce<Watts | undefined>((sum, workload) => {
    const most = mostW(workload, span);
    return sum === undefined || most === undefined ? undefined : sum + most;
  }, 0);
}

/** undefined where the hints leave any of the span untold. */
function mostW({ hints }: WorkloadView, { fromMono: from, untilMono: until }: Span): Watts | undefined {
  let told = from;
  let most = 0;
  for (const { fromMono, untilMono, powerW } of hints) {
    if (untilMono <= from || fromMono >= until) continue;
    if (fromMono > told) return undefined;
    told = Math.max(told, untilMono);
    most = Math.max(most, powerW);
  }
  return told >= until ? most : undefined;
}
