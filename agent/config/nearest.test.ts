import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest, suggest } from './nearest.ts';

const known = ['ceiling_w', 'min_w', 'step_up_w_per_s', 'restore_window_s'];

const cases: [word: string, meant: string | undefined][] = [
  ['celing_w', 'ceiling_w'],
  ['cieling_w', 'ceiling_w'],
  ['Ceiling_W', 'ceiling_w'],
  ['ceiling', 'ceiling_w'],
  ['min_watts', 'min_w'],
  ['mni_w', 'min_w'],
  ['restore', 'restore_window_s'],
  ['max_w', undefined],
  ['zebra', undefined],
  ['x', undefined],
];

for (const [word, meant] of cases) {
  test(`${word} means ${meant ?? 'nothing known'}`, () => assert.equal(nearest(word, known), meant));
}

test('without a near word the known ones are listed in order', () => {
  assert.equal(suggest('zebra', ['b', 'a']), 'known here: a, b');
  assert.equal(suggest('zebra', []), 'none is known here');
});
