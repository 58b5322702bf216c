import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceFacts, Observation, WorkloadFacts, WorkloadReading } from '#agent/state/observation.ts';
import { devicesOf } from '#agent/state/picture.ts';
import type { Says as DeviceSays } from '#test/support/pictures.ts';
import { after, inventory, miner, rackOf, seen } from '#test/support/pictures.ts';
import { ranked } from './rank.ts';
import type { Measure } from './value.ts';

type Says = Partial<Pick<WorkloadReading, 'waiting' | 'running'>>;
const unpriced: Measure = {
  prices: { energyUsdPerMwh: undefined, hashUsdPerPhDay: undefined, inferenceUsdPerGpuH: undefined },
  deadlineS: Number.POSITIVE_INFINITY,
};
type Load = { tier: WorkloadFacts['tier']; says?: Says; trouble?: true };

const gpu = (id: string, ratedW = 700) => miner(id, { kind: 'gpu', ratedW });

/** Who outranks whom: GPUs that each run one workload, and what else is there. */
function ranking(
  loads: Record<string, Load>,
  measure: Measure = unpriced,
  others: readonly DeviceFacts[] = [],
  says: Record<string, DeviceSays> = {},
): string {
  const gpus = Object.keys(loads).map((id) => gpu(id));
  const unhashing = Object.fromEntries(gpus.map(({ id }) => [id, { ratedHashrateThs: undefined }]));
  const rack = rackOf([...gpus, ...others], { ...unhashing, ...says });
  const workloads = Object.entries(loads).map(([gpu, { tier }]): WorkloadFacts => {
    return { id: `on-${gpu}`, adapter: 'vllm', gpus: [gpu], tier, periodMs: 1000 };
  });
  const devices = devicesOf(rack).map(({ facts }) => facts);
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
  return ranked(seen(rack, after(0), inventory({ devices, workloads }), ...told), [], measure).ranking.join(' ');
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

/** 50 USD a PH/s and day: a miner of 15 J/TH earns 139 USD/MWh, one of 30 J/TH 69; 0.05 USD an hour a GPU of 700 W 71. */
const priced = (inferenceUsdPerGpuH: number | undefined, deadlineS = Number.POSITIVE_INFINITY): Measure => ({
  prices: { energyUsdPerMwh: 40, hashUsdPerPhDay: 50, inferenceUsdPerGpuH },
  deadlineS,
});
const miners = [miner('m30'), miner('m15')];
const ths = { m30: { ratedHashrateThs: 100 }, m15: { ratedHashrateThs: 200 } };
const busy = { waiting: 0, running: 1 };

const pays: [what: string, load: Load, inferenceUsdPerGpuH: number | undefined, expected: string][] = [
  ['work that pays little stands among the miners by what it earns', { tier: 3, says: busy }, 0.05, 'm15 g0 m30'],
  ['and before all of them when it pays more', { tier: 3, says: busy }, 2, 'g0 m15 m30'],
  ['work that nobody asks for earns nothing', { tier: 3, says: idle }, 2, 'm15 m30 g0'],
  ['what is not told is not taken for idle', { tier: 3 }, 2, 'g0 m15 m30'],
  ['a tier that was not given up to prices keeps its place', { tier: 2, says: busy }, 0.01, 'g0 m15 m30'],
  ['without a price of its work a GPU is not weighed against miners', { tier: 3, says: busy }, undefined, 'g0 m15 m30'],
];
for (const [what, load, usd, expected] of pays) {
  test(what, () => assert.equal(ranking({ g0: load }, priced(usd), miners, ths), expected));
}

test('of two GPUs that earn the same an hour the one that draws less is kept longer', () => {
  const rack = rackOf([gpu('g0', 700), gpu('g1', 300)]);
  const workloads = ['g0', 'g1'].map((id): WorkloadFacts => {
    return { id: `on-${id}`, adapter: 'vllm', gpus: [id], tier: 1, periodMs: 1000 };
  });
  const devices = devicesOf(rack).map(({ facts }) => facts);
  const working = seen(rack, after(0), inventory({ devices, workloads }));
  assert.deepEqual(ranked(working, [], priced(2)).ranking, ['g1', 'g0']);
});

test('a GPU is worth what has it now: mining on it is mining', () => {
  const shared = (gpu: string, runs: string) =>
    (['inference', 'mining'] as const).map((serves): [WorkloadFacts, Observation] => {
      const id = `${serves}-${gpu}`;
      const reading = { state: serves === runs ? 'running' : 'paused', steps: [] } as const;
      const bay = { id: `bay-${gpu}`, serves };
      const facts = { id, adapter: 'vllm', gpus: [gpu], tier: 1, periodMs: 1000, bay } as const;
      return [facts, { kind: 'workload', workload: id, reading }];
    });
  const both = [...shared('g0', 'mining'), ...shared('g1', 'inference')];
  const rack = rackOf([gpu('g0'), miner('m30'), gpu('g1')], { g0: { ratedHashrateThs: undefined } });
  const devices = devicesOf(rack).map(({ facts }) => facts);
  const workloads = both.map(([facts]) => facts);
  const working = seen(rack, after(0), inventory({ devices, workloads }), ...both.map(([, said]) => said));
  assert.deepEqual(ranked(working, [], unpriced).ranking, ['g1', 'm30', 'g0']);
});

test('a miner that cannot be down before the deadline is cut after those that can, whatever it earns', () => {
  const slow = [miner('m30', { learned: { drop90S: 25 } }), miner('m15')];
  assert.equal(ranking({}, priced(undefined, 30), slow, ths), 'm15 m30');
  assert.equal(ranking({}, priced(undefined, 10), slow, ths), 'm30 m15');
});

test('until it is learned the control’s own time counts against the deadline', () => {
  const { sleep } = miner('m').controls;
  assert.ok(sleep);
  const slow = [
    miner('m30', { controls: { ...miner('m').controls, sleep: { ...sleep, settle_ms: 20_000 } } }),
    miner('m15'),
  ];
  assert.equal(ranking({}, priced(undefined, 10), slow, ths), 'm30 m15');
});

test('no GPU’s work is given up so that a slow miner need not be', () => {
  const slow = [miner('m30', { learned: { drop90S: 25 } })];
  assert.equal(ranking({ g0: { tier: 1, says: busy } }, priced(2, 10), slow, ths), 'g0 m30');
});
