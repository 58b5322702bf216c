/** How what runs on a GPU gives way: the cheapest step that is done in time. */
import type { Now, RestStep } from '#agent/state/observation.ts';
import type { Picture, WorkloadView } from '#agent/state/picture.ts';
import type { StepName } from '#protocol/capability.ts';
import { epochMs } from '#protocol/time.ts';
import type { Millis, Seconds } from '#protocol/units.ts';
import type { Bound } from '../demand/compose.ts';
import type { PlannedDevice } from '../plan.ts';

/** @param haveS until the deadline. Of steps that cost the same the first; the fastest where none is in time. */
export function stepFor(steps: readonly RestStep[], haveS: Seconds): StepName | undefined {
  const inTime = steps.filter(({ takesS }) => takesS <= haveS);
  const cost = ({ lostS }: RestStep) => lostS;
  const time = ({ takesS }: RestStep) => takesS;
  return (inTime.length > 0 ? least(inTime, cost) : least(steps, time))?.name;
}

/** Every GPU that is to rest with the notice that its workloads are given. */
export function withNotices<Planned extends Pick<PlannedDevice, 'device' | 'want'>>(
  planned: readonly Planned[],
  picture: Picture,
  bounds: readonly Bound[],
  now: Now,
): readonly (Planned & Pick<PlannedDevice, 'notice'>)[] {
  const workloads = Object.values(picture.workloads);
  if (workloads.length === 0) return planned;
  const deadline = deadlineOf(bounds, now);
  return planned.map((each) => {
    if (each.want.kind !== 'asleep') return each;
    const own = workloads.filter(({ facts }) => facts.gpus.includes(each.device));
    if (own.length === 0) return each;
    return { ...each, notice: { deadline, by: stepsOf(own, (deadline - now.wall) / 1000) } };
  });
}

/** When the first of the orders in force wants to see its level; now where none sets one. */
function deadlineOf(bounds: readonly Bound[], now: Now): Millis {
  const due = bounds.map(({ accepted: { order, receivedAt }, interval }) => {
    return Math.max(epochMs(interval.from), receivedAt) + order.deadline_s * 1000;
  });
  return due.length > 0 ? Math.max(now.wall, Math.min(...due)) : now.wall;
}

function stepsOf(workloads: readonly WorkloadView[], haveS: Seconds): Readonly<Record<string, StepName>> {
  const chosen = workloads.map(({ facts, reading }) => [facts.id, stepFor(reading?.steps ?? [], haveS)] as const);
  return Object.fromEntries(chosen.flatMap(([id, step]) => (step === undefined ? [] : [[id, step]])));
}

function least(steps: readonly RestStep[], by: (step: RestStep) => number): RestStep | undefined {
  return steps.reduce<RestStep | undefined>((best, each) => (best && by(best) <= by(each) ? best : each), undefined);
}
