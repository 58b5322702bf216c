/** `ballast status`: what the agent that runs here says about its rack. */
import { Command } from 'commander';
import { readConfig } from '#agent/config/load.ts';
import { formatProblem } from '#agent/config/problem.ts';
import { askLocal, LocalError } from '#agent/platform/local-socket.ts';
import { Failure } from './failure.ts';
import { rackStatus, statusAnswer } from './status/rack-status.ts';
import { formatStatus } from './status/render.ts';
import type { Verb } from './tools.ts';

type Options = { config: string; socket?: string; json?: true };

export const statusVerb: Verb = ({ terminal, clock }) =>
  new Command('status')
    .description('what the agent that runs here says about its rack')
    .option('-c, --config <file>', 'the config that names the socket', 'config.yaml')
    .option('--socket <path>', 'the socket itself')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const path = options.socket ?? (await socketOf(options.config));
      const answer = statusAnswer.parse(await askLocal(path, 'status', {}, { clock }).catch(asFailure));
      const status = rackStatus(answer);
      terminal.out(options.json ? JSON.stringify(answer) : formatStatus(status, clock.wall(), terminal));
    });

async function socketOf(config: string): Promise<string> {
  const read = await readConfig(config);
  if (read.kind === 'ok') return read.value.config.socket;
  throw new Failure(read.problems.map(formatProblem).join('\n'), 'or name the socket with --socket');
}

function asFailure(error: unknown): never {
  if (!(error instanceof LocalError)) throw error;
  throw new Failure(error.message, error.code === 'no_agent' ? 'start it with `ballast agent`' : undefined);
}
