import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReadout } from './render.ts';

const screen = { width: 40, tint: (_tint: string, text: string) => text };
const point = { point: 'power_w', register: 'input 52', raw: '45C6 7000', value: 6350, unit: 'W', age_ms: 600 };
const failed = { ...point, raw: null, value: null, age_ms: null };

test('every point is a line: its register, its raw words, its age and what they mean', () => {
  const lines = [
    { ...point, trouble: null },
    { ...failed, point: 'current_a', trouble: 'code 2: no such register' },
  ];
  assert.deepEqual(formatReadout(lines, { ...screen, width: 80 }).split('\n'), [
    'POINT      REGISTER  RAW          AGE  VALUE',
    'power_w    input 52  45C6 7000  0.6 s  6350 W',
    'current_a  input 52  -              -  code 2: no such register',
  ]);
});

test('an instrument that says nothing at all says why in one whole sentence', () => {
  const trouble = 'bus rtu1: unit 1 did not answer within 652 ms';
  assert.deepEqual(
    formatReadout(
      ['voltage_v', 'power_w'].map((each) => ({ ...failed, point: each, trouble })),
      screen,
    ).split('\n'),
    ['bus rtu1: unit 1 did not answer within', '  652 ms'],
  );
});
