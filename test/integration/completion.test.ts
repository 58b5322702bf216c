/** What shells offer at Tab, by the script that the command line prints of itself. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bashCompletion } from '#agent/cli/completion/bash.ts';
import type { Choices } from '#agent/cli/completion/choices.ts';
import { allOf, choicesOf } from '#agent/cli/completion/choices.ts';
import { fishCompletion } from '#agent/cli/completion/fish.ts';
import { zshCompletion } from '#agent/cli/completion/zsh.ts';
import { createProgram } from '#agent/cli/program.ts';
import { processTerminal } from '#agent/cli/terminal.ts';
import { systemClock } from '#agent/platform/clock.ts';

describe('completion', () => {
  let folder = '';
  let choices: Choices;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballast-completion-'));
    await mkdir(join(folder, 'rack files'));
    await writeFile(join(folder, 'rack files/config.yaml'), '');
    await writeFile(join(folder, 'recording.jsonl'), '');
    choices = choicesOf(await createProgram({ terminal: processTerminal(process), clock: systemClock }));
    await writeFile(join(folder, 'ballast.bash'), bashCompletion(choices));
  });
  after(() => rm(folder, { recursive: true }));

  /** What bash offers behind these words; the last is the one being typed. */
  const offered = (...words: string[]): string[] => {
    const typed = ['ballast', ...words].map((word) => `'${word}'`).join(' ');
    const script = `source ballast.bash; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _ballast; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = execFileSync('bash', ['--norc', '-c', script], { cwd: folder, encoding: 'utf8' });
    return said.split('\n').filter((line) => line !== '');
  };

  test('offers the verbs, those below a verb, and the flags of the one that is typed', () => {
    assert.deepEqual(offered('sta'), ['status']);
    assert.deepEqual(offered('config', ''), ['check', 'show', '--help']);
    assert.deepEqual(offered('config', 'show', '--res'), ['--resolved']);
    assert.ok(offered('order', '--').includes('--dry-run'));
    assert.ok(!offered('status', '--').includes('--dry-run'));
  });

  test('offers words where only some are possible, and files where one is named, blanks and all', () => {
    assert.deepEqual(offered('agent', '--log-level', ''), ['debug', 'info', 'warn', 'error']);
    assert.deepEqual(offered('completion', 'z'), ['zsh']);
    assert.deepEqual(offered('status', '--config', 'rack'), ['rack files']);
    assert.deepEqual(offered('replay', 'rec'), ['recording.jsonl']);
    assert.deepEqual(offered('order', '--for', ''), [], 'a span is nothing to guess');
  });

  test('knows every command and every flag that there is, in each shell', () => {
    for (const script of [bashCompletion, zshCompletion, fishCompletion].map((make) => make(choices))) {
      for (const { path, flags } of allOf(choices)) {
        assert.ok(path.length === 0 || script.includes(path.at(-1) ?? ''), path.join(' '));
        for (const { names } of flags) assert.ok(script.includes(names[0]?.replace('--', '') ?? ''), names[0]);
      }
    }
  });

  for (const [shell, make] of [['zsh', zshCompletion] as const, ['fish', fishCompletion] as const]) {
    const skip = existsSync(`/usr/bin/${shell}`) ? false : `needs ${shell}`;
    test(`is a script that ${shell} takes`, { skip }, async () => {
      const file = join(folder, `ballast.${shell}`);
      await writeFile(file, make(choices));
      assert.equal(execFileSync(shell, ['-n', file], { encoding: 'utf8' }), '');
    });
  }
});
