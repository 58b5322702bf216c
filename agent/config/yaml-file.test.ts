import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { formatProblem } from './problem.ts';
import { parseYaml } from './yaml-file.ts';

const device = z.discriminatedUnion('adapter', [
  z.strictObject({ adapter: z.literal('whatsminer-v2'), host: z.string(), password_file: z.string().exactOptional() }),
  z.strictObject({ adapter: z.literal('nvidia'), index: z.int().min(0).max(15) }),
]);
const schema = z.strictObject({
  rack: z.string(),
  limits: z
    .strictObject({ ceiling_w: z.number().exactOptional(), min_w: z.number().nonnegative().default(0) })
    .prefault({}),
  covers: z.union([z.literal('all'), z.array(z.string())]).default('all'),
  mode: z.enum(['normal', 'manual']).default('normal'),
  keys: z.array(z.string().endsWith('.pub')).min(1).exactOptional(),
  devices: z.array(device).default([]),
});

function problemsIn(text: string): string[] {
  const parsed = parseYaml(text, 'f.yaml', schema);
  return parsed.kind === 'ok' ? [] : parsed.problems.map(formatProblem);
}

const cases: [name: string, text: string, ...problems: string[]][] = [
  ['a good file has no problems', 'rack: r07\n'],
  [
    'an unknown key names its line and the nearest known key',
    'rack: r07\nlimits:\n  celing_w: 6000\n',
    'f.yaml:3  limits.celing_w  unknown key; did you mean ceiling_w?',
  ],
  [
    'an unknown key that is near to none names those known in that form of the section',
    'rack: r07\ndevices:\n  - {adapter: nvidia, index: 0, zebra: 1}\n',
    'f.yaml:3  devices[0].zebra  unknown key; known here: adapter, index',
  ],
  [
    'the beginning of a known key counts as near',
    'rack: r07\ndevices:\n  - adapter: whatsminer-v2\n    host: a\n    password: secret\n',
    'f.yaml:5  devices[0].password  unknown key; did you mean password_file?',
  ],
  [
    'a key that is missing names the line of the section it belongs to',
    'rack: r07\ndevices:\n  - {adapter: nvidia, index: 0}\n  - {adapter: whatsminer-v2}\n',
    'f.yaml:4  devices[1].host  is missing; it must be text',
  ],
  [
    'an unknown adapter names the nearest one',
    'rack: r07\ndevices:\n  - adapter: whatsminer-v1\n    host: a\n',
    'f.yaml:3  devices[0].adapter  unknown: "whatsminer-v1"; did you mean whatsminer-v2?',
  ],
  [
    'a missing adapter names all of them',
    'rack: r07\ndevices:\n  - host: a\n',
    'f.yaml:3  devices[0].adapter  is missing; it must be whatsminer-v2 or nvidia',
  ],
  [
    'a name that YAML takes for a number asks for quotes',
    'rack: 07\n',
    'f.yaml:1  rack  must be text, found the number 7; put it in quotes',
  ],
  [
    'a number out of range names the limit and what was found',
    'rack: r07\nlimits: {min_w: -5}\ndevices: [{adapter: nvidia, index: 16}]\n',
    'f.yaml:2  limits.min_w  must be at least 0, found the number -5',
    'f.yaml:3  devices[0].index  must be at most 15, found the number 16',
  ],
  [
    'a value with two forms names both',
    'rack: r07\ncovers: 5\n',
    'f.yaml:2  covers  must be all or a list, found the number 5',
  ],
  [
    'a wrong item in one form of a value is named, not the forms',
    'rack: r07\ncovers:\n  - m01\n  - 2\n',
    'f.yaml:4  covers[1]  must be text, found the number 2; put it in quotes',
  ],
  [
    'a word out of a closed list names the nearest',
    'rack: r07\nmode: manuel\n',
    'f.yaml:2  mode  unknown: "manuel"; did you mean manual?',
  ],
  [
    'an empty list and a wrong ending are told in words',
    'rack: r07\nkeys: [a.pem]\n',
    'f.yaml:2  keys[0]  must end in .pub, found "a.pem"',
  ],
  ['an empty list asks for one', 'rack: r07\nkeys: []\n', 'f.yaml:2  keys  must name at least one, found a list'],
  ['an empty file misses what is required', '', 'f.yaml:1  rack  is missing; it must be text'],
  [
    'a file that is a list is not a section',
    '- rack\n',
    'f.yaml  holds no sections with keys; name the right file: rack, limits or covers would stand in it',
  ],
  [
    'a key that is given in place of the file is not printed',
    '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n',
    'f.yaml  holds no sections with keys; name the right file: rack, limits or covers would stand in it',
  ],
  [
    'nor are the passwords of another YAML file',
    'password: hunter2\nuser: x\n',
    'f.yaml  has no key that belongs there; name the right file: rack, limits or covers would stand in it',
  ],
  ['nor what the parser does not understand', '%hunter2\n---\nrack: a\n', 'f.yaml:1  Unknown directive'],
  ['a key given twice is an error, not the last one', 'rack: a\nrack: b\n', 'f.yaml:2  Map keys must be unique'],
  [
    'a syntax error names its line',
    'rack: r07\nlimits: {min_w: 5\ndevices: []\n',
    'f.yaml:3  Flow map in block collection must be sufficiently indented and end with a }',
  ],

  [
    'an alias without its anchor is told, not thrown',
    'rack: *r07\n',
    'f.yaml  Unresolved alias (the anchor must be set before the alias)',
  ],
];

for (const [name, text, ...problems] of cases) {
  test(name, () => assert.deepEqual(problemsIn(text), problems));
}

test('all problems of a file are told at once, in the order of their lines', () => {
  const text = 'mode: x\nrak: r07\nlimits: {min_w: a}\n';
  assert.deepEqual(problemsIn(text), [
    'f.yaml:1  rack  is missing; it must be text',
    'f.yaml:1  mode  unknown: "x"; known here: manual, normal',
    'f.yaml:2  rak  unknown key; did you mean rack?',
    'f.yaml:3  limits.min_w  must be a number, found "a"',
  ]);
});

test('the line of something that a default filled in is the line of what is around it', () => {
  const parsed = parseYaml('# comment\nrack: r07\ndevices:\n  - adapter: nvidia\n    index: 1\n', 'f.yaml', schema);
  assert.equal(parsed.kind, 'ok');
  if (parsed.kind !== 'ok') return;
  assert.equal(parsed.lineOf(['devices', 0, 'index']), 5);
  assert.equal(parsed.lineOf(['devices', 0, 'host']), 4);
  assert.equal(parsed.lineOf(['limits', 'min_w']), 2);
});
