/** The command line as a whole: what holds for every verb. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import type { Choices } from './completion/choices.ts';
import { allOf, choicesOf } from './completion/choices.ts';
import { createProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

describe('the command line', () => {
  let commands: Choices[] = [];
  before(async () => {
    const program = await createProgram({ terminal: processTerminal(process), clock: systemClock });
    commands = allOf(choicesOf(program)).filter((each) => each.path.length > 0 && each.commands.length === 0);
  });

  test('prints JSON for every verb that reads; the others do something, or own the terminal', () => {
    const without = commands.filter(({ flags }) => !flags.some(({ names }) => names.includes('--json')));
    assert.deepEqual(
      without.map(({ path }) => path.join(' ')),
      ['init', 'agent', 'top', 'lockout', 'manual', 'keys new', 'console', 'run', 'completion'],
    );
  });

  test('calls one thing by one name: a flag has the same short form and takes a value everywhere, or nowhere', () => {
    const seen = new Map<string, string>();
    for (const { path, flags } of commands) {
      for (const { names, value } of flags) {
        const form = `${names.join(' ')}${value ? ' VALUE' : ''}`;
        const before = seen.get(names[0] ?? '') ?? form;
        seen.set(names[0] ?? '', before);
        assert.equal(form, before, path.join(' '));
      }
    }
  });

  test('says of every verb and every flag what it is for', () => {
    for (const { path, description, flags } of commands) {
      assert.notEqual(description, '', path.join(' '));
      for (const flag of flags) assert.notEqual(flag.description, '', `${path.join(' ')} ${flag.names[0]}`);
    }
  });
});
