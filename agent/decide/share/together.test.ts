import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyPicture } from '#agent/state/picture.ts';
import { awake } from '#agent/state/setting.ts';
import { after, inventory, seen } from '#test/support/pictures.ts';
import type { Steerable } from './allocate.ts';
import { allocate } from './allocate.ts';
import { together } from './together.ts';

const gpu = (device: string, change: Partial<Steerable> = {}): Steerable => ({
  device,
  home: awake,
  homeW: 300,
  lowest: { kind: 'awake', limit: 100 },
  lowestW: 100,
  restW: 60,
  fullW: 300,
  dial: { min: 100, max: 300, step: 1, unit: 'watts' },
  stubbornW: undefined,
  ...change,
});
const four = ['g0', 'g1', 'g2', 'g3'].map((id) => gpu(id));
const running = (workloads: Record<string, string[]>) =>
  seen(
    emptyPicture,
    after(0),
    inventory({
      workloads: Object.entries(workloads).map(([id, gpus]) => ({
        id,
        adapter: 'vllm',
        gpus,
        tier: 1,
        periodMs: 2000,
      })),
    }),
  );

function settings(ranked: Steerable[], workloads: Record<string, string[]>, budgetW: number) {
  const { units, split } = together(ranked, running(workloads));
  const { allotted } = split(allocate(units, budgetW, 'any'));
  return allotted.map(({ device, want, watts }) => {
    const shown = want.kind === 'asleep' ? 'rests' : (want.limit ?? 'full');
    return `${device} ${shown} ${watts}`;
  });
}

test('GPUs of one workload are capped alike, and rest together', () => {
  const train = { train: ['g0', 'g1'], batch: ['g2', 'g3'] };
  assert.deepEqual(settings(four, train, 1200), ['g0 full 300', 'g1 full 300', 'g2 full 300', 'g3 full 300']);
  assert.deepEqual(settings(four, train, 1000), ['g0 full 300', 'g1 full 300', 'g2 200 200', 'g3 200 200']);
  assert.deepEqual(settings(four, train, 400), ['g0 100 100', 'g1 100 100', 'g2 100 100', 'g3 100 100']);
  assert.deepEqual(settings(four, train, 360), ['g0 120 120', 'g1 120 120', 'g2 rests 60', 'g3 rests 60']);
  assert.deepEqual(settings(four, train, 0), ['g0 rests 60', 'g1 rests 60', 'g2 rests 60', 'g3 rests 60']);
});

test('an odd watt is left over rather than spent twice', () => {
  assert.deepEqual(settings(four.slice(0, 3), { train: ['g0', 'g1', 'g2'] }, 601), [
    'g0 200 200',
    'g1 200 200',
    'g2 200 200',
  ]);
});

test('workloads that share a GPU are moved as one', () => {
  assert.deepEqual(settings(four, { a: ['g0', 'g1'], b: ['g1', 'g2'] }, 700), [
    'g0 200 200',
    'g1 200 200',
    'g2 200 200',
    'g3 100 100',
  ]);
});

test('one that does not do as told, or is limited at home, is moved by itself', () => {
  const limited = gpu('g1', { home: { kind: 'awake', limit: 200 }, homeW: 200 });
  assert.equal(together([four[0] as Steerable, limited], running({ a: ['g0', 'g1'] })).units.length, 2);
  const defiant = gpu('g1', { stubbornW: 300 });
  assert.equal(together([four[0] as Steerable, defiant], running({ a: ['g0', 'g1'] })).units.length, 2);
});
