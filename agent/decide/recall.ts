/** What the rack's own retained `applied` still tells after its journal was lost: its second memory, on the broker. */
import type { Setting } from '#agent/state/observation.ts';
import type { Applied } from '#protocol/telemetry.ts';
import { eventKey } from './demand/compose.ts';
import type { Baseline, Memory } from './plan.ts';

export type Recalled = Pick<Memory, 'homes' | 'moved' | 'baselines'>;

export function recalled({ homes, moved, orders }: Applied): Recalled {
  const settings = Object.entries(homes).map(([device, { asleep, limit }]): [string, Setting] => [
    device,
    asleep ? { kind: 'asleep' } : { kind: 'awake', ...(limit !== null && { limit }) },
  ]);
  const baselines = orders.flatMap((order): [string, Baseline][] =>
    order.baseline_w === null
      ? []
      : [[eventKey(order), { watts: order.baseline_w, method: order.baseline_method ?? '' }]],
  );
  return { homes: Object.fromEntries(settings), moved, baselines: Object.fromEntries(baselines) };
}

/** What the agent has seen since it started counts for more. */
export function withRecalled(memory: Memory, past: Recalled): Memory {
  return {
    ...memory,
    homes: { ...past.homes, ...memory.homes },
    moved: [...new Set([...past.moved, ...memory.moved])].sort(),
    baselines: { ...past.baselines, ...memory.baselines },
  };
}
