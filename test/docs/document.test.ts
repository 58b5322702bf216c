import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandsOf, stepsOf } from './document.ts';
import { difference } from './shown.ts';

const PAGE = `Look:

\`\`\`sh exit=1
ballast doctor
\`\`\`

\`\`\`text
ok    files
\`\`\`

The file then reads:

\`\`\`yaml /etc/ballast/policy.yaml
protect: []
\`\`\`

\`\`\`json
{"an": "illustration"}
\`\`\`
`;

test('a document is what is typed, with what is shown, and the files that are written', () => {
  assert.deepEqual(stepsOf(PAGE), [
    { kind: 'run', line: 3, script: 'ballast doctor\n', shown: 'ok    files\n', how: 'plain', exit: 1 },
    { kind: 'file', line: 13, path: '/etc/ballast/policy.yaml', text: 'protect: []\n' },
  ]);
});

test('a word behind a fence that means nothing is an error, and so is a block without an end', () => {
  assert.throws(() => stepsOf('```sh aks\n```\n'), /line 1: nobody knows what "aks" means/);
  assert.throws(() => stepsOf('text\n```sh\nls\n'), /the block in line 2 never ends/);
});

test('a command may take several lines', () => {
  const script = "# why\nls \\\n  -l\n\ncat >file <<'END'\na\nb\nEND\ntrue\n";
  assert.deepEqual(commandsOf(script), ['ls \\\n  -l', "cat >file <<'END'\na\nb\nEND", 'true']);
});

const fits: [what: string, shown: string, said: string][] = [
  ['other watts and another time', '03:06:55Z r01  41141 W', '13:16:01.5Z  r01  6 W'],
  ['a negative number and a decimal', 'feed -2800 W, 25.0 C', 'feed 12 W, 7 C'],
  ['lines left out', 'a\n...\nc', 'a\nb1\nb2\nc'],
  ['the end left out', 'a\n...', 'a\nb'],
  ['a part of a line left out', 'key ... of r07', 'key 3F of r07'],
];
for (const [what, shown, said] of fits) {
  test(`what is said is what is shown, with ${what}`, () => assert.equal(difference(shown, said), undefined));
}

const differs: [what: string, shown: string, said: string, how: string][] = [
  ['another word', 'ok files', 'fail files', 'missing: ok files'],
  ['another device', 'm011 asleep', 'm012 asleep', 'missing: m011 asleep'],
  ['another address', 'on 10.0.0.2', 'on 10.0.0.3', 'missing: on 10.0.0.2'],
  ['a line that is not shown', 'a\nc', 'a\nb\nc', 'missing: c'],
  ['more at the end', 'a', 'a\nb', 'not shown: b'],
  ['nothing', 'a\n...\nb', 'a', 'missing: b'],
];
for (const [what, shown, said, how] of differs) {
  test(`what is said is not what is shown: ${what}`, () => assert.equal(difference(shown, said), how));
}
