/** Starts a program that the config names and waits for what it says. No shell, no terminal, no environment of ours. */
import { spawn } from 'node:child_process';
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { within } from './within.ts';

/**
 * @param argv the program's absolute path and its arguments: of the config, never from the network.
 * @returns what it wrote to stdout, when it ended with 0. Throws `AdapterError`, or the signal's reason.
 */
export type RunCommand = (argv: readonly string[], signal: AbortSignal) => Promise<string>;

const MOST_OUTPUT_BYTES = 64 * 1024;
const LONGEST_COMPLAINT = 200;

export const runCommand: RunCommand = (argv, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const [program = '', ...args] = argv;
    // A group of its own, so that what it started ends with it.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: environment() });
    const kill = () => child.pid !== undefined && killGroup(child.pid);
    const said = { stdout: '', stderr: '' };
    const hear = (stream: 'stdout' | 'stderr') => (text: string) => {
      said[stream] += text;
      if (said[stream].length <= MOST_OUTPUT_BYTES) return;
      kill();
      fail(new AdapterError('malformed', `${program} writes more than ${MOST_OUTPUT_BYTES} bytes`));
    };
    const abort = () => {
      kill();
      fail(signal.reason);
    };
    const done = () => signal.removeEventListener('abort', abort);
    const fail = (error: unknown) => {
      done();
      reject(error);
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdout.setEncoding('utf8').on('data', hear('stdout'));
    child.stderr.setEncoding('utf8').on('data', hear('stderr'));
    child.once('error', (cause) => fail(new AdapterError('unreachable', `${program}: ${cause.message}`, { cause })));
    child.once('close', (code, killed) => {
      done();
      if (code === 0) return resolve(said.stdout);
      const complaint = said.stderr.trim().slice(0, LONGEST_COMPLAINT);
      const how = code === null ? `was ended by ${killed}` : `ended with ${code}`;
      reject(new AdapterError('refused', `${program} ${how}${complaint && `: ${complaint}`}`, { code: code ?? '' }));
    });
  });

/** Longer than systemd's own patience with a unit that does not stop. */
const LONGEST_MS: Millis = 120_000;

/** One that hangs is killed: nothing waits for a program for ever. */
export function boundedRun(run: RunCommand, clock: Pick<Clock, 'after'>): RunCommand {
  return (argv, signal) =>
    within(
      clock,
      LONGEST_MS,
      signal,
      (stop) => run(argv, stop),
      () => new AdapterError('timedOut', `${argv[0]} has not ended within ${LONGEST_MS / 1000} s and was killed`),
    );
}

/** Secrets of the agent's own are none of the program's business. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG } = process.env;
  return Object.fromEntries(Object.entries({ PATH, HOME, LANG }).filter(([, value]) => value !== undefined));
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}
