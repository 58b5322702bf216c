import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { systemClock } from '#agent/platform/clock.ts';
import { asFailure, runCommandLine } from './command-line.ts';
import { Interrupted } from './interrupt.ts';

const ofFile = (code: string) => Object.assign(new Error(code), { code, path: '/etc/ballast/config.yaml' });

const failures: [what: string, error: unknown, code: number, message: RegExp, fix: RegExp | undefined][] = [
  ['no permission', ofFile('EACCES'), 1, /^no permission for \/etc\/ballast\/config\.yaml$/, /as the user who owns it/],
  ['a read-only disk', ofFile('EROFS'), 1, /lies on a read-only file system$/, /another folder/],
  ['a full disk', ofFile('ENOSPC'), 1, /^no space left for/, /free some space/],
  ['an answer of another version', z.int().safeParse('x').error, 1, /does not understand$/, /restart ballast/],
  ['Ctrl-C', new Interrupted(), 130, /^interrupted$/, undefined],
  ['what nobody thought of', new Error('odd'), 1, /^something unforeseen went wrong: odd$/, /please report it/],
];
for (const [what, error, code, message, fix] of failures) {
  test(`${what} is one sentence, what to do, and exit code ${code}`, () => {
    const failure = asFailure(error);
    assert.match(failure.message, message);
    assert.equal(failure.exitCode, code);
    if (fix) assert.match(failure.fix ?? '', fix);
    else assert.equal(failure.fix, undefined);
  });
}

const typed: [words: string[], told: string[]][] = [
  [
    ['order', '--to', 'all', '--for', '2'],
    ['error: --for 2 makes no sense', '(write a span such as 90s, 10m, 1h30m or 2d)'],
  ],
  [
    ['agent', '--log-level', 'loud'],
    ['error: --log-level loud makes no sense', '(allowed choices are debug, info, warn, error)'],
  ],
  [
    ['completion', 'tcsh'],
    ['error: shell tcsh makes no sense', '(allowed choices are bash, zsh, fish)'],
  ],
  [['statsu'], ["error: unknown command 'statsu'", '(Did you mean status?)', '(--help shows what is possible)']],
  [
    ['status', '--jsn'],
    ["error: unknown option '--jsn'", '(Did you mean --json?)', '(--help shows what is possible)'],
  ],
  [
    ['commission', '--off'],
    ['error: --off ends observing only', '(write --observe --off; Ctrl-C ends commissioning)'],
  ],
];
for (const [words, told] of typed) {
  test(`ballast ${words.join(' ')} says what is wrong and what to write, and ends with 2`, async () => {
    const notes: string[] = [];
    const terminal = {
      out: (text: string) => assert.fail(text),
      note: (text: string) => void notes.push(...text.split('\n')),
      over: () => {},
      width: 80,
      tint: (_tint: unknown, text: string) => text,
    };
    assert.equal(await runCommandLine(words, { terminal, clock: systemClock }), 2);
    assert.deepEqual(notes, told);
  });
}
