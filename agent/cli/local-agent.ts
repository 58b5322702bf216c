/** The agent that runs on this machine, reached over its socket. */
import type { Command } from 'commander';
import { readConfig } from '#agent/config/load.ts';
import { formatProblem } from '#agent/config/problem.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { askLocal, LocalError } from '#agent/platform/local-socket.ts';
import type { Millis } from '#protocol/units.ts';
import { Failure } from './failure.ts';
import { configOption } from './files.ts';
import { given } from './given.ts';

export type LocalOptions = { config: string; socket?: string };
/** The agent does not answer now, but may again. */
export class Away extends Failure {}

export type LocalAgent = { ask(verb: string, body: object, timeoutMs?: Millis): Promise<unknown> };

export function withLocalOptions(command: Command): Command {
  return command
    .addOption(configOption('the config that names the socket'))
    .option('--socket <path>', 'the socket itself');
}

/**
 * `signal` ends a question that is under way.
 * @throws Failure when the config does not tell, or, once asked, `Away` when no agent answers.
 */
export async function agentOf(
  { config, socket }: LocalOptions,
  clock: Clock,
  signal?: AbortSignal,
): Promise<LocalAgent> {
  const path = socket ?? (await socketOf(config));
  return {
    ask: (verb, body, timeoutMs) =>
      askLocal(path, verb, body, { clock, signal, ...given({ timeoutMs }) }).catch(asFailure),
  };
}

/** The agent's answer; undefined when none runs here. @throws Failure as `agentOf`. */
export async function answerIfRunning(
  options: LocalOptions,
  clock: Clock,
  verb: string,
  body: object,
): Promise<unknown> {
  const path = options.socket ?? (await socketOf(options.config));
  return askLocal(path, verb, body, { clock }).catch((error: unknown) => {
    if (error instanceof LocalError && error.code === 'no_agent') return undefined;
    return asFailure(error);
  });
}

/** @throws Failure when the config does not tell. */
export async function socketOf(config: string): Promise<string> {
  const read = await readConfig(config);
  if (read.kind === 'ok') return read.value.config.socket;
  throw new Failure(read.problems.map(formatProblem).join('\n'), 'or name the agent’s socket with --socket');
}

/** By the code of what the agent, or the socket, said. */
const fixes: Readonly<Record<string, string>> = {
  no_permission: 'then log in anew; or ask as root',
  no_device: 'ballast status lists the devices',
  no_instrument: 'ballast config show lists the instruments',
  not_now: 'ballast explain tells what goes on; ask again when it is over',
  unknown_verb: 'the agent is of another version: systemctl restart ballast',
};

function asFailure(error: unknown): never {
  if (!(error instanceof LocalError)) throw error;
  if (error.code === 'no_agent') throw new Away(error.message, 'start it with `ballast agent`');
  if (error.code === 'lost' || error.code === 'timeout') throw new Away(error.message, 'ask again in a few seconds');
  throw new Failure(error.message, fixes[error.code] ?? 'journalctl -u ballast tells more');
}
