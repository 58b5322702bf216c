import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { schemaFiles } from '#test/tools/schemas.ts';

const folder = resolve(import.meta.dirname, '../../protocol/schemas');

test('the JSON Schemas say what the code says: npm run schemas brings them up to date', () => {
  const files = schemaFiles();
  assert.deepEqual(readdirSync(folder).sort(), [...files.keys()].sort());
  for (const [file, text] of files) assert.equal(readFileSync(resolve(folder, file), 'utf8'), text, file);
});

test('in orders and commands an unknown key is an error, in what a rack says it is not', () => {
  const open = [...schemaFiles()].filter(([, text]) => JSON.parse(text).additionalProperties !== false);
  assert.deepEqual(open.map(([file]) => file).sort(), [
    'ack.json',
    'alarm.json',
    'applied.json',
    'device.json',
    'event.json',
    'evidence.json',
    'health.json',
    'history.json',
    'info.json',
    'power.json',
    'state.json',
    'thermal.json',
    'workload.json',
  ]);
});
