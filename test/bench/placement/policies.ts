/** Three ways to decide which job a GPU works on. */
import type { Demand, PlaceableGpu, PlaceRules } from '#agent/decide/place/place.ts';
import { place } from '#agent/decide/place/place.ts';
import type { Decides } from './rack.ts';

/** The first GPUs are inference's, the others batch's, each first come, first served. */
export function staticSplit(inferenceGpus: number): Decides {
  return ({ gpus, demands }) => {
    const own = (kind: Demand['kind']) => demands.filter((each) => each.kind === kind);
    return new Map([
      ...inTurn(gpus.slice(0, inferenceGpus), own('inference')),
      ...inTurn(gpus.slice(inferenceGpus), own('batch')),
    ]);
  };
}

/** One queue for all GPUs. */
export const firstComeFirstServed: Decides = ({ gpus, demands }) => new Map(inTurn(gpus, demands));

export function ballast(rules: PlaceRules): Decides {
  return ({ gpus, demands }) => {
    const places = place(gpus, demands, rules);
    return new Map([...places].flatMap(([gpu, { demand }]) => (demand === undefined ? [] : [[gpu, demand]])));
  };
}

/** Who runs stays; of those that wait, nobody passes another. */
function inTurn(gpus: readonly PlaceableGpu[], demands: readonly Demand[]): [string, string][] {
  const seats = demands.flatMap(({ id, on }) => on.map((gpu): [string, string] => [gpu, id]));
  const taken = new Set(seats.map(([gpu]) => gpu));
  const free = gpus.map(({ id }) => id).filter((id) => !taken.has(id));
  const waiting = demands.filter(({ on }) => on.length === 0).sort((a, b) => b.waitedS - a.waitedS);
  for (const { id, gpus: needed } of waiting) {
    if (needed > free.length) break;
    for (const gpu of free.splice(0, needed)) seats.push([gpu, id]);
  }
  return seats;
}
