/** `ballast <verb>`: exit code 0 for ok, 1 for failed, 2 for a command line that makes no sense. */
import { systemClock } from '#agent/platform/clock.ts';
import { runCommandLine } from './command-line.ts';
import { exitCodes } from './failure.ts';
import { processTerminal } from './terminal.ts';

// A reader that left (`ballast status | head`) is no error.
process.stdout.on('error', () => process.exit(exitCodes.ok));
const exitCode = await runCommandLine(process.argv.slice(2), {
  terminal: processTerminal(process),
  clock: systemClock,
});
// A command that was wrapped has ended with a code of its own.
process.exitCode ??= exitCode;
