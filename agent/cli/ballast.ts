/** `ballast <verb>`: exit code 0 for ok, 1 for failed, 2 for a command line that makes no sense. */
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { fileTrouble } from '#agent/config/files.ts';
import { systemClock } from '#agent/platform/clock.ts';
import type { ExitCode } from './failure.ts';
import { exitCodes, Failure } from './failure.ts';
import { createProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

// A reader that left (`ballast status | head`) is no error.
process.stdout.on('error', () => process.exit(exitCodes.ok));
const exitCode = await run(process.argv);
// A command that was wrapped has ended with a code of its own.
process.exitCode ??= exitCode;

async function run(argv: readonly string[]): Promise<ExitCode> {
  const terminal = processTerminal(process);
  const program = await createProgram({ terminal, clock: systemClock }, argv[2]);
  everyCommand(program, (command) => command.exitOverride().showHelpAfterError('(--help shows what is possible)'));
  try {
    await program.parseAsync(argv);
    return exitCodes.ok;
  } catch (error) {
    // Commander has printed its own errors by now.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const failure = asFailure(error);
    // The form of commander's own errors.
    terminal.note(`error: ${failure.message}`);
    if (failure.fix !== undefined) terminal.note(`(${failure.fix})`);
    return failure.exitCode;
  }
}

function everyCommand(command: Command, apply: (command: Command) => void): void {
  apply(command);
  for (const each of command.commands) everyCommand(each, apply);
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { path, message } = error as NodeJS.ErrnoException;
  const trouble = path === undefined ? undefined : fileTrouble(error, path);
  if (trouble) return new Failure(trouble.message, trouble.hint);
  return new Failure(`something unforeseen went wrong: ${message}`, 'please report it with the command you typed');
}
