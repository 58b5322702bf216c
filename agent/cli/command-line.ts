/** A command line from its words to its exit code. Whatever goes wrong is one sentence, the fix, and that code. */
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { ZodError } from 'zod';
import { fileTrouble } from '#agent/config/files.ts';
import { LocalError } from '#agent/platform/local-socket.ts';
import type { ExitCode } from './failure.ts';
import { exitCodes, Failure } from './failure.ts';
import { Interrupted } from './interrupt.ts';
import { createProgram } from './program.ts';
import type { Tools } from './tools.ts';

/** @param words without the program's own name. */
export async function runCommandLine(words: readonly string[], tools: Omit<Tools, 'commandLine'>): Promise<ExitCode> {
  const { terminal } = tools;
  const program = await createProgram(tools, words[0]);
  const output = {
    writeOut: printed(terminal.out),
    writeErr: printed(terminal.note),
    outputError: (text: string, write: (text: string) => void) => write(inOurForm(text)),
  };
  everyCommand(program, (command) => command.exitOverride().configureOutput(output));
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    // Commander has printed its own errors by now.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { message, fix, exitCode } = asFailure(error);
    // The form of commander's own errors.
    terminal.note(`error: ${message}`);
    if (fix !== undefined) terminal.note(`(${fix})`);
    return exitCode;
  }
}

/** Commander ends its lines itself. */
function printed(write: (text: string) => void): (text: string) => void {
  return (text) => write(text.replace(/\n$/, ''));
}

/** Commander's own errors as ours are: one sentence, and the fix. A value that is wrong has its fix already. */
function inOurForm(text: string): string {
  const [, flag, flagValue, flagFix] =
    /^error: option '(?:-\w, )?(--\S+).*' argument '(.*)' is invalid\. (.*)\.\n$/.exec(text) ?? [];
  if (flag && flagFix) return `error: ${flag} ${flagValue} makes no sense\n(${lowerFirst(flagFix)})`;
  const [, value, argument, fix] =
    /^error: command-argument value '(.*)' is invalid for argument '(.*)'\. (.*)\.\n$/.exec(text) ?? [];
  if (argument && fix) return `error: ${argument} ${value} makes no sense\n(${lowerFirst(fix)})`;
  return `${text}(--help shows what is possible)`;
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function everyCommand(command: Command, apply: (command: Command) => void): void {
  apply(command);
  for (const each of command.commands) everyCommand(each, apply);
}

export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Interrupted) return new Failure('interrupted', undefined, exitCodes.interrupted);
  if (error instanceof ZodError)
    return new Failure(
      'the agent answers in a way that this version does not understand',
      'after an upgrade: systemctl restart ballast',
    );
  if (error instanceof LocalError) return new Failure(error.message);
  const { path, message } = error as NodeJS.ErrnoException;
  const trouble = path === undefined ? undefined : fileTrouble(error, path);
  if (trouble) return new Failure(trouble.message, trouble.hint);
  return new Failure(`something unforeseen went wrong: ${message}`, 'please report it with the command you typed');
}
