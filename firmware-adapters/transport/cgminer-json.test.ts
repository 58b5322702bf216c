import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AdapterError } from '../errors.ts';
import { parseCgminerJson } from './cgminer-json.ts';

const cases: { name: string; text: string; value: unknown; repairs: string[] }[] = [
  {
    name: 'a reply that is strict JSON is left as it is, also where a string looks like a defect',
    text: '{"Msg":"nan, inf ,} }{ [,{ \\"temp0","n":1}',
    value: { Msg: 'nan, inf ,} }{ [,{ "temp0', n: 1 },
    repairs: [],
  },
  { name: 'NULs in the text go', text: '{"a":1}\0\0', value: { a: 1 }, repairs: ['nul'] },
  {
    name: 'a comma before a closing bracket goes',
    text: '{"a":[1,2, ],"b":",}",}',
    value: { a: [1, 2], b: ',}' },
    repairs: ['comma before a closing bracket'],
  },
  { name: 'a line break inside a string goes', text: '{"a":"x\ny"}', value: { a: 'xy' }, repairs: ['line break'] },
  {
    name: 'objects that stand side by side in a list are parted',
    text: '{"STATS":[{"a":1}{"b":2}]}',
    value: { STATS: [{ a: 1 }, { b: 2 }] },
    repairs: ['no comma between objects'],
  },
  {
    name: 'a comma after an opening bracket goes',
    text: '{"DEVS":[,{"a":1}]}',
    value: { DEVS: [{ a: 1 }] },
    repairs: ['comma after an opening bracket'],
  },
  {
    name: "the end of the string before bmminer's first temperature is put back",
    text: '{"chain":"ooo""temp0":41}',
    value: { chain: 'ooo', temp0: 41 },
    repairs: ['no comma before temp0'],
  },
  {
    name: 'inf and nan become null and never 0, and words that contain them stay',
    text: '{"MHS av":nan,"b":-inf,"c":[NaN,Infinity],"info":"nan","d":"inf"}',
    value: { 'MHS av': null, b: null, c: [null, null], info: 'nan', d: 'inf' },
    repairs: ['inf or nan'],
  },
  { name: 'a missing opening brace is put back', text: ',"id":1}', value: { id: 1 }, repairs: ['no opening brace'] },
  {
    name: 'of a reply whose tail is cut the whole elements are kept, and the cut one is dropped',
    text: '{"STATUS":"S","Msg":{"error_code":[{"218":"x"},{"110":"y"},{"5',
    value: { STATUS: 'S', Msg: { error_code: [{ '218': 'x' }, { '110': 'y' }] } },
    repairs: ['cut tail'],
  },
  {
    name: 'a number that is cut is dropped, since its other digits are unknown',
    text: '{"SUMMARY":[{"Elapsed":100,"Power":34',
    value: { SUMMARY: [{ Elapsed: 100 }] },
    repairs: ['cut tail'],
  },
  {
    name: 'a map in square brackets is a map',
    text: '{"Msg":{"error_code":["329":"2022-11-21 11:00:00","110":"2022-11-21 11:00:01"],"list":["a"]}}',
    value: { Msg: { error_code: { '329': '2022-11-21 11:00:00', '110': '2022-11-21 11:00:01' }, list: ['a'] } },
    repairs: ['map written as a list'],
  },
  {
    name: 'an escaped apostrophe is an apostrophe',
    text: '{"Firmware Version":"\\\'20210322.22.REL\\\'"}',
    value: { 'Firmware Version': "'20210322.22.REL'" },
    repairs: ['escaped apostrophe'],
  },
  {
    name: 'several defects in one reply are all repaired and all named',
    text: '{"STATS":[{"a":nan,}{"b":2,},]}\0',
    value: { STATS: [{ a: null }, { b: 2 }] },
    repairs: ['nul', 'comma before a closing bracket', 'no comma between objects', 'inf or nan'],
  },
];

for (const { name, text, value, repairs } of cases) {
  test(name, () => {
    assert.deepEqual(parseCgminerJson(text), { value, repairs });
  });
}

test('a reply that no repair helps is malformed, and the error shows how it begins', () => {
  const isMalformed = (error: unknown) => error instanceof AdapterError && error.kind === 'malformed';
  assert.throws(() => parseCgminerJson('<html>busy</html>'), isMalformed);
  assert.throws(() => parseCgminerJson('<html>busy</html>'), /<html>busy/);
  assert.throws(() => parseCgminerJson(''), isMalformed);
});

test('a list of colons without an end is malformed, and does not keep the process busy', () => {
  assert.throws(() => parseCgminerJson(`{"error_code":[${'":'.repeat(500_000)}`), { kind: 'malformed' });
});

test('whatever a wire delivers is either parsed or malformed', async () => {
  const fragment = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    "'",
    '\0',
    '\n',
    'nan',
    '-inf',
    'temp0',
    '1',
  );
  const rubble = fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join(''));
  const cutReply = fc.tuple(fc.json(), fc.nat()).map(([text, length]) => text.slice(0, length % (text.length + 1)));
  await fc.assert(
    fc.property(fc.oneof(rubble, cutReply, fc.string()), (text) => {
      try {
        assert.ok(Array.isArray(parseCgminerJson(text).repairs));
      } catch (error) {
        assert.ok(error instanceof AdapterError, String(error));
        assert.equal(error.kind, 'malformed');
      }
    }),
    { numRuns: 2_000 },
  );
});

test('what is parsed after a cut was in the reply before the cut', async () => {
  await fc.assert(
    fc.property(fc.array(fc.record({ Power: fc.integer(), Msg: fc.string() })), fc.nat(), (summary, cut) => {
      const text = JSON.stringify({ STATUS: 'S', SUMMARY: summary });
      const { value } = tryParse(text.slice(0, cut % text.length));
      for (const [index, kept] of (value.SUMMARY ?? []).entries()) assert.partialDeepStrictEqual(summary[index], kept);
    }),
  );
});

function tryParse(text: string): { value: { SUMMARY?: { Power?: number; Msg?: string }[] } } {
  try {
    return parseCgminerJson(text) as ReturnType<typeof tryParse>;
  } catch {
    return { value: {} };
  }
}
