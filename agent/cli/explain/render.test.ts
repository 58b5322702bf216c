import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLinks } from './render.ts';

const screen = { width: 40, tint: (_tint: string, text: string) => text };

test('what each link is about stands in the margin, and long sentences hang beside it', () => {
  const links = [
    { about: 'orders', says: ['none'] },
    { about: 'm01', says: ['is to be asleep: ecrs of qse-north: at most 6000 W', 'it is awake'] },
  ];
  assert.deepEqual(formatLinks(links, screen).split('\n'), [
    'orders  none',
    'm01     is to be asleep: ecrs of',
    '          qse-north: at most 6000 W',
    '        it is awake',
  ]);
});

test('a word that is longer than the terminal is not lost', () => {
  assert.match(formatLinks([{ about: 'a', says: ['x'.repeat(60)] }], screen), /x{60}/);
});
