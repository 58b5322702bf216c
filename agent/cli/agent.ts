/** `ballast agent`: runs the agent of this rack in the foreground. */
import { Command, Option } from 'commander';
import { Failure } from './failure.ts';
import type { FileOptions } from './files.ts';
import { filesOf, withFileOptions } from './files.ts';
import type { Verb } from './tools.ts';

export const agentVerb: Verb = () =>
  withFileOptions(new Command('agent').description('run the agent of this rack'))
    .addOption(
      new Option('--log-level <level>', 'how much to log').choices(['debug', 'info', 'warn', 'error']).default('info'),
    )
    .action(async (options: FileOptions & { logLevel: string }) => {
      // The agent brings every adapter and library along; the other verbs start faster without them.
      const { runAgent } = await import('#agent/main.ts');
      await runAgent({ ...filesOf(options), logLevel: options.logLevel }).catch((error: Error) => {
        throw new Failure(error.message);
      });
    });
