/** The agent as systemd would run it: a process of its own, with its log on stdout. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Inbox } from '#test/support/inbox.ts';
import type { RackFiles } from '#test/support/rack-files.ts';
import { cli } from './cli.ts';

export type AgentProcess = {
  /** Every line of stdout and stderr, as it came. */
  readonly log: Inbox<string>;
  /** Rejects with its last words when it ends. */
  readonly died: Promise<never>;
  /** As a power cut or the kernel's out-of-memory killer would: no goodbye. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
};

/** How `ballast` is started, and what a file of this machine is called where it runs. */
export type Ballast = {
  readonly command: readonly [string, ...string[]];
  seen(file: string): string;
  /** Beside the test's own. */
  readonly environment?: Readonly<Record<string, string>>;
};

const fromCheckout: Ballast = { command: [process.execPath, cli], seen: (file) => file };

export function startAgent(
  { config, policy }: Pick<RackFiles, 'config' | 'policy'>,
  how: Partial<Ballast> = {},
): AgentProcess {
  const { command, seen, environment } = { ...fromCheckout, ...how };
  const [program, ...first] = command;
  const args = [...first, 'agent', '--config', seen(config), '--policy', seen(policy), '--log-level', 'debug'];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const log = new Inbox<string>();
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', log.push);
  const closed = once(child, 'close').then(([code]) => code as number | null);
  const died = closed.then((code) => {
    throw new Error(`the agent ended with ${code}:\n${log.all.slice(-20).join('\n')}`);
  });
  // Most often nobody waits for it.
  died.catch(() => {});
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return closed;
  };
  return { log, died, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
}
