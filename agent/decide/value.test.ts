import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation, WorkloadFacts, WorkloadReading } from '#agent/state/observation.ts';
import { after, miner, rackOf, seen } from '#test/support/pictures.ts';
import { ranked } from './rank.ts';

type Says = Partial<Pick<WorkloadReading, 'waiting' | 'running'>>;
type Load = { tier: WorkloadFacts['tier']; says?: Says; trouble?: true };

/** Who outranks whom, of GPUs that each run one workload. */
function ranking(loads: Record<string, Load>): string {
  const rack = rackOf(Object.keys(loads).map((id) => miner(id)));
  const workloads = Object.entries(loads).map(([gpu, { tier }]): WorkloadFacts => {
    return { id: `on-${gpu}`, adapter: 'vllm', gpus: [gpu], tier, periodMs: 1000 };
  });
  const inventory: Observation = {
    kind: 'inventory',
    devices: Object.values(rack.devices).map(({ facts }) => facts),
    meters: [],
    sensors: [],
    pdus: [],
    workloads,
  };
  const told = Object.entries(loads).flatMap(([gpu, { says, trouble }]): Observation[] => [
    ...(says
      ? [
          {
            kind: 'workload' as const,
            workload: `on-${gpu}`,
            reading: { state: 'running', steps: [], ...says } as const,
          },
        ]
      : []),
    ...(trouble
      ? [
          {
            kind: 'workloadTrouble' as const,
            workload: `on-${gpu}`,
            trouble: { kind: 'timedOut' as const, message: 'no answer' },
          },
        ]
      : []),
  ]);
  return ranked(seen(rack, after(0), inventory, ...told), []).ranking.join(' ');
}

const idle = { waiting: 0, running: 0 };
const rows: [what: string, loads: Record<string, Load>, expected: string][] = [
  [
    'the more urgent tier comes first, idle or not',
    { g0: { tier: 2, says: { waiting: 9 } }, g1: { tier: 0, says: idle } },
    'g1 g0',
  ],
  [
    'within a tier one that requests wait for is kept longest, and an idle one goes first',
    {
      g0: { tier: 1, says: idle },
      g1: { tier: 1, says: { waiting: 0, running: 3 } },
      g2: { tier: 1, says: { waiting: 4 } },
    },
    'g2 g1 g0',
  ],
  [
    'a server that does not tell its queue is not taken for idle',
    { g0: { tier: 1, says: idle }, g1: { tier: 1, says: {} }, g2: { tier: 1 } },
    'g1 g2 g0',
  ],
  [
    'nor one that no longer answers',
    { g0: { tier: 1, says: idle }, g1: { tier: 1, says: idle, trouble: true } },
    'g1 g0',
  ],
];
for (const [what, loads, expected] of rows) test(what, () => assert.equal(ranking(loads), expected));
