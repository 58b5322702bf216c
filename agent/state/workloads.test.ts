import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, inventory, seen } from '#test/support/pictures.ts';
import type { Hint, Observation, WorkloadFacts } from './observation.ts';
import { emptyPicture } from './picture.ts';

const chat: WorkloadFacts = { id: 'chat', adapter: 'vllm', gpus: ['gpu0'], tier: 0, periodMs: 2000 };
const reading: Observation = {
  kind: 'workload',
  workload: 'chat',
  reading: { state: 'running', waiting: 3, steps: [] },
};
const start = seen(emptyPicture, after(0), inventory({ workloads: [chat] }));

test('a workload is what it said last, and its trouble is over once it speaks again', () => {
  const trouble: Observation = {
    kind: 'workloadTrouble',
    workload: 'chat',
    trouble: { kind: 'timedOut', message: 'no reply in 2 s' },
  };
  const silent = seen(start, after(1), reading, trouble).workloads['chat'];
  assert.deepEqual([silent?.reading?.waiting, silent?.trouble?.kind], [3, 'timedOut']);
  const back = seen(start, after(1), trouble, reading).workloads['chat'];
  assert.deepEqual(
    [back?.reading, back?.trouble],
    [{ state: 'running', waiting: 3, steps: [], at: after(1) }, undefined],
  );
});

test('a job’s newest hints stand in the place of its older ones, in the order of their time', () => {
  const hint = (fromS: number, untilS: number, powerW = 700): Hint => ({
    fromMono: after(fromS).mono,
    untilMono: after(untilS).mono,
    powerW,
  });
  const hints = (...said: Hint[]): Observation => ({ kind: 'hints', workload: 'chat', hints: said });
  const once = seen(start, after(5), hints(hint(6, 9)));
  const again = seen(once, after(5), hints(hint(20, 30), hint(10, 20)));
  assert.deepEqual(again.workloads['chat']?.hints, [hint(10, 20), hint(20, 30)]);
  const useless = seen(once, after(5), hints(hint(1, 4), hint(9, 7), hint(6, 9, Number.NaN), hint(6, 9, -1)));
  assert.deepEqual(useless.workloads['chat']?.hints, []);
});

test('a workload that the config no longer has is forgotten, and one it never had is not made up', () => {
  assert.deepEqual(seen(start, after(1), inventory({})).workloads, {});
  assert.equal(seen(start, after(1), { ...reading, workload: 'other' } as Observation).workloads, start.workloads);
});
