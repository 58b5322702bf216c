import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { checked, flag, macIn, quantity, words } from './fields.ts';

test('numbers and switches are read as JSON or as text, and absent where the device leaves them open', () => {
  const schema = z.looseObject({
    a: quantity,
    b: quantity,
    c: quantity,
    d: quantity,
    e: flag,
    f: flag,
    g: flag,
    h: words,
  });
  const value = { a: '3600', b: 49, c: null, d: '', e: 'true', f: false, g: '', h: " '20210322.22.REL' " };
  assert.deepEqual(JSON.parse(JSON.stringify(checked(schema, 'status', value))), {
    a: 3600,
    b: 49,
    e: true,
    f: false,
    h: '20210322.22.REL',
  });
});

test('a field of the wrong type is malformed, and the error names it and the command', () => {
  const schema = z.looseObject({ Power: quantity, mineroff: flag });
  assert.throws(() => checked(schema, 'summary', { Power: 'much' }), {
    kind: 'malformed',
    message: /field "Power" of the reply to summary/,
  });
  assert.throws(() => checked(schema, 'status', { mineroff: 'perhaps' }), { message: /"mineroff".*status/ });
});

test('of a text that a device fills without end only what a person reads is kept', () => {
  assert.equal(words.parse(`${' '.repeat(500_000)}'M50S${' '.repeat(500_000)}`), 'M50S');
  assert.equal(words.parse(`M50S${' '.repeat(500_000)}x`)?.length, 256);
  assert.equal(words.parse("' ".repeat(500_000)), undefined);
});

test('a MAC is lower case with colons however the device writes it, and absent when it is none', () => {
  for (const text of ['02:5A:11:A5:00:01', '025a11a50001', '02-5a-11-A5-00-01']) {
    assert.equal(macIn(text), '02:5a:11:a5:00:01');
  }
  assert.equal(macIn('N/A'), undefined);
  assert.equal(macIn(undefined), undefined);
});
