/** Whoever sees an alarm finds it in the protocol, and what to do about it in the page for operators. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The alarms in the first column of the table that begins with `alarm`, without the names in them: `meter`, `pdu-dead-man`. */
function tabled(markdown: string): Set<string> {
  const [, rows = ''] = /^\| alarm \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(markdown) ?? [];
  const firsts = rows.split('\n').map((row) => row.split(' | ')[0] ?? '');
  return new Set(firsts.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => kindOf(name))));
}

function kindOf(name: string): string {
  return name.replaceAll(/-?(\{\w+\}|\$\{[^}]+\}|\b[A-Z]+\b|\b\d+\b)/g, '');
}

/** Those that the agent raises, found where it does so. */
function raised(): Set<string> {
  const sources = globSync('agent/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] }).map(read);
  const names = sources.flatMap((source) => [
    ...source.matchAll(/alarms\.set\(['`]([^'`]+)['`]/g),
    ...source.matchAll(/\[\[?['`]([^'`]+)['`], \{ severity/g),
    ...source.matchAll(/const alarm = ['`]([^'`]+)['`]/gi),
  ]);
  return new Set(names.map(([, name = '']) => kindOf(name)));
}

test('every alarm that the agent raises is in SCHEMA.md, and no other', () => {
  const known = tabled(read('protocol/SCHEMA.md'));
  const told = raised();
  // Written once for several kinds.
  for (const kind of ['', 'disk']) told.delete(kind);
  for (const kind of ['sensor', 'pdu', 'disk-journal', 'disk-history']) told.add(kind);
  assert.deepEqual([...known].sort(), [...told].sort());
});

test('every alarm in SCHEMA.md is in operating.md, with what to do', () => {
  const known = tabled(read('protocol/SCHEMA.md'));
  assert.deepEqual([...tabled(read('docs/operating.md'))].sort(), [...known].sort());
});
