import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servesOf } from '#adapters/workload/registry.ts';
import type { WorkloadConfig } from './workloads.ts';
import { checkWorkloads } from './workloads.ts';

const chat = entry('chat', { adapter: 'vllm', bay: 'b0' });
const train = entry('train', { bay: 'b0' });

const refused: [what: string, second: WorkloadConfig, complaint: string][] = [
  [
    'one that is protected',
    entry('train', { bay: 'b0', tier: 'protected' }),
    'train is protected: it gives way to nobody',
  ],
  ['one on other GPUs', entry('train', { bay: 'b0', gpus: ['gpu1'] }), 'the GPUs of bay b0 are those of chat: gpu0'],
  [
    'one that is there for the same',
    entry('chat2', { adapter: 'vllm', bay: 'b0' }),
    'chat is there for inference in bay b0',
  ],
  ['one that shares the GPUs without the bay', entry('other', {}), 'other runs on them too, and is not of bay b0'],
];
for (const [what, second, complaint] of refused) {
  test(`a bay refuses ${what}`, () => {
    const [finding] = checkWorkloads([chat, second], ['gpu0', 'gpu1']);
    assert.match(finding?.message ?? 'nothing', new RegExp(`^${complaint}`));
  });
}

test('engines serve inference, all else is batch, and the config knows better', () => {
  assert.deepEqual([chat, train, entry('hash', { serves: 'mining' })].map(servesOf), ['inference', 'batch', 'mining']);
  assert.deepEqual(checkWorkloads([chat, train, entry('hash', { serves: 'mining', bay: 'b0' })], ['gpu0']), []);
});

function entry(id: string, change: Partial<WorkloadConfig>): WorkloadConfig {
  return { id, adapter: 'process-group', gpus: ['gpu0'], tier: 2, period_ms: 2000, ...change };
}
