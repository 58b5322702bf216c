/** `ballast run`: a command that knows nothing of Ballast gives way with its machine's GPUs. */
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { name } from '#protocol/ids.ts';
import { usageFailure } from './failure.ts';
import type { LocalOptions } from './local-agent.ts';
import { socketOf, withLocalOptions } from './local-agent.ts';
import { parseDuration } from './order/quantities.ts';
import { Wrapped } from './run/wrapped.ts';
import type { Verb } from './tools.ts';

type RunOptions = LocalOptions & {
  workload: string;
  tokenFile: string;
  onNotice?: NodeJS.Signals;
  grace: number;
};

/** What programs listen to; the others mean something to the kernel. */
const signals = ['SIGUSR1', 'SIGUSR2', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

export const runVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(
    new Command('run')
      .description('run a command that is frozen, or told to save first, when the site’s power must fall')
      .argument('<command...>', 'the command and its arguments, behind `--`')
      .requiredOption('--workload <id>', 'the workload of the config that it belongs to')
      .requiredOption('--token-file <file>', 'the token of that workload')
      .addOption(
        new Option('--on-notice <signal>', 'a signal that makes it save, before it is frozen').choices(signals),
      )
      .addOption(new Option('--grace <duration>', 'how long it saves').argParser(parseDuration).default(30, '30s')),
  ).action(async ([program = '', ...args]: string[], options: RunOptions) => {
    const { workload, tokenFile, onNotice, grace } = options;
    if (!name.safeParse(workload).success)
      throw usageFailure(
        `${workload} is no name of a workload`,
        'write its id in the config: 1 to 64 of a-z, 0-9 and -',
      );
    const token = (await readFile(tokenFile, 'utf8')).split('\n')[0]?.trim() ?? '';
    const saving = onNotice && { signal: onNotice, graceS: grace };
    const path = options.socket ?? (await socketOf(options.config));
    const wrapped = new Wrapped({ path, workload, token, saving, clock, note: terminal.note });
    // As a shell has it: the command's own code, or 128 and the signal's number.
    process.exitCode = await wrapped.run(program, args);
  });
