import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyPicture } from '#agent/state/picture.ts';
import { workload } from '#protocol/telemetry.ts';
import { after, inventory, seen } from '#test/support/pictures.ts';
import { workloadPayload } from './workloads.ts';

const chat = { id: 'chat', adapter: 'vllm', gpus: ['gpu0'], tier: 1, periodMs: 2000 } as const;
const start = seen(emptyPicture, after(0), inventory({ workloads: [chat] }));
const said = seen(start, after(1), {
  kind: 'workload',
  workload: 'chat',
  reading: { state: 'running', waiting: 4, steps: [{ name: 'sleep', takesS: 35, lostS: 6 }] },
});

test('a workload is told with what it has said, and what it has not is null', () => {
  const payload = workload.parse(workloadPayload(said, [], 2000, after(2)));
  const [own] = payload.workloads;
  assert.deepEqual(
    [own?.state, own?.waiting, own?.running, own?.steps, own?.age_ms],
    ['running', 4, null, ['sleep'], 1000],
  );
});

test('one that has not spoken lately is unknown, and never idle', () => {
  const [own] = workloadPayload(said, [], 2000, after(60)).workloads;
  assert.deepEqual([own?.state, own?.waiting, own?.running, own?.age_ms], ['unknown', null, null, null]);
});

test('a forecast is told until its time is over', () => {
  const hints = [{ fromMono: after(1).mono, untilMono: after(5).mono, powerW: 700 }];
  const hinted = seen(said, after(1), { kind: 'hints', workload: 'chat', hints });
  const at = (s: number) => workloadPayload(hinted, [], 2000, after(s)).workloads[0]?.hinted_w;
  assert.deepEqual([at(2), at(6)], [700, null]);
});
