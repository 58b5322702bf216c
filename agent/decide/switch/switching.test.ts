import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation, RestStep, WorkloadFacts } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import type { Use } from '#protocol/capability.ts';
import { after, inventory, miner, seen } from '#test/support/pictures.ts';
import type { Grip } from './bay.ts';
import type { Stages } from './switching.ts';
import { staged, stagesOf } from './switching.ts';

test('a switch drains, frees, begins and confirms, and has learned how long it takes', () => {
  const bay = open();
  bay.want('batch');
  bay.run(20);
  assert.deepEqual(bay.told, ['rest chat by sleep', 'work train']);
  assert.deepEqual(bay.says, ['b0: from inference to batch: a test wants it', 'b0 serves batch now, after 10 s']);
  assert.deepEqual(bay.states, { chat: 'paused', train: 'running', hash: 'paused' });
  assert.deepEqual(bay.stage?.learned, [{ from: 'inference', to: 'batch', seconds: 10 }]);
  assert.deepEqual(bay.offStage, ['chat', 'hash']);
});

test('nobody begins before the one before has left, and nobody has the bay meanwhile', () => {
  const bay = open();
  bay.slow.add('chat');
  bay.want('batch');
  bay.run(30);
  assert.deepEqual([bay.told, bay.offStage], [['rest chat by sleep'], ['chat', 'train', 'hash']]);
});

test('to rest, and from rest to mining', () => {
  const bay = open();
  bay.want('rest');
  bay.run(20);
  assert.equal(bay.stage?.serves, 'rest');
  bay.want('mining');
  bay.run(20);
  assert.equal(bay.stage?.serves, 'mining');
  assert.deepEqual(bay.told, ['rest chat by sleep', 'work hash']);
});

test('one that does not give way keeps the bay, and is asked again only later', () => {
  const bay = open();
  bay.fails.add('rest chat');
  bay.want('batch');
  bay.run(30);
  assert.deepEqual(bay.says.slice(1), [
    'b0 goes back to inference: chat: rest failed',
    'b0 serves inference again: chat: rest failed',
  ]);
  assert.equal(bay.states['chat'], 'running');
  const asked = bay.told.length;
  bay.run(500);
  assert.equal(bay.told.length, asked);
  bay.fails.clear();
  bay.run(200);
  assert.equal(bay.stage?.serves, 'batch');
});

test('one that does not begin is taken back, and the one before works again', () => {
  const bay = open();
  bay.fails.add('work train');
  bay.want('batch');
  bay.run(40);
  assert.equal(bay.says.at(-1), 'b0 serves inference again: train: work failed');
  assert.deepEqual(bay.states, { chat: 'running', train: 'paused', hash: 'paused' });
});

test('one that ends as soon as it has begun has not begun', () => {
  const bay = open();
  bay.crashes.add('train');
  bay.want('batch');
  bay.run(40);
  assert.equal(bay.says.at(-1), 'b0 serves inference again: train was stopped as soon as it had begun');
  assert.equal(bay.states['chat'], 'running');
});

test('memory that stays taken takes the switch back: the next one would not fit', () => {
  const bay = open();
  bay.keepsMemory = true;
  bay.want('batch');
  bay.run(60);
  assert.equal(bay.says.at(-1), 'b0 serves inference again: gpu0 still holds 30.0 GiB of memory');
  assert.deepEqual([bay.states['chat'], bay.told.includes('work train')], ['running', false]);
});

test('should the way back fail too, the bay rests and says so, and comes up again later', () => {
  const bay = open();
  bay.fails.add('work train').add('work chat');
  bay.want('batch');
  bay.run(40);
  assert.equal(bay.stage?.serves, 'rest');
  assert.equal(bay.says.at(-1), 'b0 rests: train: work failed, and chat: work failed');
  bay.fails.clear();
  bay.want('inference');
  bay.run(20);
  assert.deepEqual([bay.stage?.serves, bay.states['chat']], ['inference', 'running']);
});

test('an order that holds the GPUs comes first: nothing is begun, and nobody is woken in mid-switch', () => {
  const bay = open();
  bay.held = ['gpu0'];
  bay.want('batch');
  bay.run(10);
  assert.deepEqual([bay.told, bay.says], [[], []]);
  bay.held = [];
  bay.run(3);
  bay.held = ['gpu0'];
  // Longer than a beginning may take: that time stands still.
  bay.run(400);
  assert.deepEqual([bay.told, bay.states['train']], [['rest chat by sleep'], 'paused']);
  bay.held = [];
  bay.run(20);
  assert.equal(bay.stage?.serves, 'batch');
});

test('GPUs that are left alone are left alone in mid-switch too', () => {
  const bay = open();
  bay.slow.add('chat');
  bay.want('batch');
  bay.run(3);
  bay.untouched = ['gpu0'];
  bay.slow.clear();
  bay.states['chat'] = 'paused';
  bay.run(500);
  assert.deepEqual(bay.told, ['rest chat by sleep']);
});

for (const lastTold of ['rest chat by sleep', 'work train']) {
  test(`after a kill -9 beside "${lastTold}" the switch is finished`, () => {
    const bay = open();
    bay.want('batch');
    for (let s = 0; s < 100 && !bay.told.includes(lastTold); s++) bay.run(1);
    bay.restart();
    bay.run(40);
    assert.deepEqual([bay.stage?.serves, bay.stage?.turn], ['batch', undefined]);
    assert.deepEqual(bay.states, { chat: 'paused', train: 'running', hash: 'paused' });
  });
}

test('whoever runs without having the bay, as after a journal that was lost, gives way', () => {
  const bay = open();
  bay.run(2);
  bay.states['hash'] = 'running';
  bay.run(5);
  assert.deepEqual([bay.told, bay.states['hash'], bay.states['chat']], [['rest hash by stop'], 'paused', 'running']);
});

const steps: Record<string, RestStep[]> = {
  chat: [{ name: 'sleep', takesS: 6, lostS: 6 }],
  train: [
    { name: 'freeze', takesS: 0.1, lostS: 0 },
    { name: 'checkpoint', takesS: 10, lostS: 11 },
  ],
  hash: [{ name: 'stop', takesS: 5, lostS: 1 }],
};
const uses = { chat: 'inference', train: 'batch', hash: 'mining' } as const;

/** One GPU that three share, told what is decided and looked at every second. */
function open() {
  const facts = Object.entries(uses).map(([id, serves]): WorkloadFacts => {
    return { id, adapter: 'vllm', gpus: ['gpu0'], tier: 2, periodMs: 1000, bay: { id: 'b0', serves } };
  });
  const gpu = miner('gpu0', { kind: 'gpu', adapter: 'nvidia' });
  let [s, picture]: [number, Picture] = [
    0,
    seen(emptyPicture, after(0), inventory({ devices: [gpu], workloads: facts })),
  ];
  let wanted: Use | undefined;
  let stages: Stages = {};
  let flying = new Map<string, string>();
  const bay = {
    states: { chat: 'running', train: 'paused', hash: 'paused' } as Record<string, 'running' | 'paused' | 'stopped'>,
    told: [] as string[],
    says: [] as string[],
    offStage: [] as readonly string[],
    held: [] as string[],
    untouched: [] as string[],
    keepsMemory: false,
    /** Calls that fail, workloads that do not answer, and those that end when they begin. */
    fails: new Set<string>(),
    slow: new Set<string>(),
    crashes: new Set<string>(),
    get stage() {
      return stages['b0'];
    },
    want: (use: Use) => {
      wanted = use;
    },
    /** What was told and not yet answered is not known any more. */
    restart: () => {
      flying = new Map();
      picture = seen(emptyPicture, after(s), inventory({ devices: [gpu], workloads: facts }));
      stages = JSON.parse(JSON.stringify(stages));
    },
    run: (seconds: number) => {
      for (let end = s + seconds; s < end; s++) turn();
    },
  };
  const turn = () => {
    const now = after(s);
    for (const [workload, towards] of [...flying]) answer(workload, towards);
    picture = seen(picture, now, ...looks());
    const grip: Grip = { held: new Set(bay.held), untouched: new Set(bay.untouched) };
    const want = new Map(wanted ? [['b0', { serves: wanted, why: 'a test wants it' }]] : []);
    const next = staged(picture, stagesOf(picture, stages, now), want, grip, now);
    ({ stages } = next);
    bay.offStage = next.staging.offStage;
    bay.says.push(...next.staging.says);
    for (const call of next.staging.calls) {
      if (flying.get(call.workload) === call.towards) continue;
      flying.set(call.workload, call.towards);
      bay.told.push(`${call.towards} ${call.workload}${'by' in call ? ` by ${call.by}` : ''}`);
    }
  };
  const answer = (workload: string, towards: string) => {
    if (bay.slow.has(workload)) return;
    flying.delete(workload);
    const failed = bay.fails.has(`${towards} ${workload}`);
    const outcome = { towards: towards as 'rest', said: '' };
    const trouble = { kind: 'refused', message: `${towards} failed` } as const;
    if (!failed) bay.states[workload] = towards === 'rest' ? 'paused' : 'running';
    picture = seen(picture, after(s), {
      kind: 'staged',
      workload,
      outcome: failed ? { ...outcome, trouble } : outcome,
    });
  };
  const looks = (): Observation[] => {
    const memoryUsedBytes = (bay.keepsMemory ? 30 : 0.5) * 1024 ** 3;
    return [
      { kind: 'device', device: 'gpu0', reading: { faults: [], gpu: { memoryUsedBytes, throttledBy: [] } } },
      ...Object.entries(bay.states).map(([workload, state]): Observation => {
        const ends = state === 'running' && bay.crashes.has(workload);
        if (ends) bay.states[workload] = 'stopped';
        return { kind: 'workload', workload, reading: { state, steps: steps[workload] ?? [] } };
      }),
    ];
  };
  return bay;
}
