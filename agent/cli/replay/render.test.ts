import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs } from '#protocol/time.ts';
import { formatReplay } from './render.ts';

const screen = { width: 80, tint: (_tint: string, text: string) => text };
const from = epochMs('2026-11-21T21:00:00Z');
const told = { rack: 'r07', version: '0.1.0', from, until: from + 60_000, turns: 60, observations: 240 };

test('a day that is decided the same is told in three lines', () => {
  assert.deepEqual(formatReplay('a.ndjson.gz', { ...told, differences: [] }, screen).split('\n'), [
    'a.ndjson.gz',
    '  rack r07, recorded by version 0.1.0, 2026-11-21T21:00:00.000Z to 21:01:00.000Z',
    '  60 decisions on 240 observations: the same plan',
  ]);
});

test('each span that differs is told once, with the devices, on 80 columns', () => {
  const differences = [
    { from, until: from, turns: 1, what: ['m03: asleep, now awake'] },
    { from: from + 2000, until: from + 9000, turns: 8, what: [`because: ${'x'.repeat(100)}, now y`] },
  ];
  const lines = formatReplay('a.ndjson.gz', { ...told, differences }, screen).split('\n');
  assert.deepEqual(lines.slice(2, 6), [
    '  60 decisions on 240 observations: another plan',
    '  21:00:00.000Z',
    '    m03: asleep, now awake',
    '  21:00:02.000Z to 21:00:09.000Z, 8 decisions',
  ]);
  assert.ok(lines.every(({ length }) => length <= 80));
});

test('of hundreds of spans only the first are shown, and how many are not', () => {
  const differences = Array.from({ length: 100 }, (_, i) => ({
    from: from + i,
    until: from + i,
    turns: 1,
    what: ['m03: asleep, now awake'],
  }));
  assert.match(formatReplay('a', { ...told, differences }, screen), /and 80 more spans: --json has them all$/);
});
