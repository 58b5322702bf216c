import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation, WorkloadFacts, WorkloadReading } from '#agent/state/observation.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import type { Use } from '#protocol/capability.ts';
import { after, inventory, policyOf, seen } from '#test/support/pictures.ts';
import type { Appetite } from './steer.ts';
import { noAppetite, steered } from './steer.ts';

const idle = { state: 'running', waiting: 0, running: 0, steps: [] } as const;
const busy = { ...idle, running: 4 };
const waits = { ...idle, state: 'paused' } as const;
const ended = { ...idle, state: 'stopped' } as const;

/** `b0 batch, b1 inference`: what each bay should serve, of two that are inference's and, in the night, batch's. */
const rows: [
  what: string,
  serves: [Use, Use],
  says: Record<string, WorkloadReading>,
  expected: string,
  policy?: object,
][] = [
  [
    'both at work: both stay',
    ['inference', 'inference'],
    { c0: busy, c1: busy, t0: waits, t1: waits },
    'inference, inference',
  ],
  [
    'one is spare, and stays ready',
    ['inference', 'inference'],
    { c0: busy, c1: idle, t0: waits, t1: waits },
    'inference, inference',
  ],
  [
    'neither has anything to do: one is lent, one stays ready',
    ['inference', 'inference'],
    { c0: idle, c1: idle, t0: waits, t1: waits },
    'inference, batch',
  ],
  [
    'nobody to lend to: nothing changes',
    ['inference', 'inference'],
    { c0: idle, c1: idle, t0: ended, t1: ended },
    'inference, inference',
  ],
  [
    'the only one on the stage begins to work: the lent one comes back at once',
    ['inference', 'batch'],
    { c0: busy, c1: waits, t1: busy },
    'inference, inference',
  ],
  [
    'a lent bay whose job has ended goes home',
    ['inference', 'batch'],
    { c0: idle, c1: waits, t1: ended },
    'inference, inference',
  ],
  [
    'what nobody wants may mine',
    ['inference', 'inference'],
    { c0: idle, c1: idle },
    'inference, mining',
    { unused: 'mining' },
  ],
  ['or rest', ['inference', 'inference'], { c0: idle, c1: idle }, 'inference, rest', { unused: 'rest' }],
  [
    'a server that does not say counts as at work',
    ['inference', 'batch'],
    { c0: { state: 'running', steps: [] }, t1: busy },
    'inference, inference',
  ],
];
for (const [what, serves, says, expected, policy] of rows) {
  test(what, () => assert.equal(wanted(serves, says, policy).serves, expected));
}

test('a server that has just emptied its queue keeps its bay for a while', () => {
  const night = { c0: idle, c1: idle, t1: waits };
  const at = (s: number, before: Appetite) => wanted(['inference', 'inference'], night, { calm_s: 60 }, before, s);
  const soon = at(10, { servers: 2 });
  assert.equal(soon.serves, 'inference, inference');
  assert.equal(at(69, soon.appetite).serves, 'inference, inference');
  assert.equal(at(70, soon.appetite).serves, 'inference, batch');
});

test('a way that is under way is not turned round by a lull', () => {
  const { serves } = wanted(['inference', 'batch'], { c0: busy, c1: waits, t1: waits }, {}, noAppetite, 0, 'inference');
  assert.equal(serves, 'inference, inference');
});

function wanted(
  serves: [Use, Use],
  says: Record<string, WorkloadReading>,
  placement: object = {},
  before: Appetite = noAppetite,
  s = 0,
  to?: Use,
) {
  const uses = { c: 'inference', t: 'batch', h: 'mining' } as const;
  const facts = [0, 1].flatMap((bay) =>
    Object.entries(uses).map(([kind, use]): WorkloadFacts => {
      const own = { id: `b${bay}`, serves: use };
      return { id: `${kind}${bay}`, adapter: 'vllm', gpus: [`gpu${bay}`], tier: 2, periodMs: 1000, bay: own };
    }),
  );
  const told = Object.entries(says).map(
    ([workload, reading]): Observation => ({ kind: 'workload', workload, reading }),
  );
  const picture = seen(emptyPicture, after(s), inventory({ workloads: facts }), ...told);
  const stage = (use: Use) => ({ serves: use, since: after(-4000).wall, left: [], learned: [] });
  const turn = to && { to, why: '', step: 'leave' as const, begunAt: after(s).wall, stepAt: after(s).wall };
  const stages = { b0: stage(serves[0]), b1: { ...stage(serves[1]), ...(turn && { turn }) } };
  const policy = policyOf({ placement: { mode: 'steer', calm_s: 0, ...placement } });
  const { wanted: by, appetite } = steered(picture, policy, stages, before, after(s));
  return { serves: ['b0', 'b1'].map((bay) => by.get(bay)?.serves).join(', '), appetite };
}
