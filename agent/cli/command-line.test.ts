import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { asFailure } from './command-line.ts';
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
