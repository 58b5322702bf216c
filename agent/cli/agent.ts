/** `ballast agent`: runs the agent of this rack in the foreground. */
import { Command, Option } from 'commander';
import { LocalError } from '#agent/platform/local-socket.ts';
import type { LogLevel } from '#agent/platform/log.ts';
import { Failure } from './failure.ts';
import type { FileOptions } from './files.ts';
import { filesOf, withFileOptions } from './files.ts';
import type { Verb } from './tools.ts';

export const agentVerb: Verb = () =>
  withFileOptions(new Command('agent').description('run the agent of this rack'))
    .addOption(
      new Option('--log-level <level>', 'how much to log')
        .choices(['debug', 'info', 'warn', 'error'])
        .env('BALLAST_LOG_LEVEL')
        .default('info'),
    )
    .addOption(
      new Option('--sysfs <folder>', 'where the kernel’s /sys is, as in a container that has it elsewhere')
        .env('BALLAST_SYSFS')
        .default('/sys'),
    )
    .action(async (options: FileOptions & { logLevel: LogLevel; sysfs: string }) => {
      // The agent brings every adapter and library along; the other verbs start faster without them.
      const { BadFiles, runAgent } = await import('#agent/main.ts');
      const { logLevel, sysfs } = options;
      await runAgent({ ...filesOf(options), logLevel, sysfs }).catch((error: unknown) => {
        if (error instanceof BadFiles)
          throw new Failure(error.message, 'ballast init writes a first pair; ballast config check looks again');
        if (error instanceof LocalError) throw new Failure(error.message, fixFor(error));
        throw error;
      });
    });

function fixFor({ code }: LocalError): string {
  return code === 'already_running'
    ? 'end that one first: systemctl stop ballast'
    : 'make room there, or name another socket in the config';
}
