/** The command line as a person runs it: its own process, its own streams, its exit code. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cli } from './cli.ts';

const LONGEST_MS = 60_000;

export type Ran = { code: number | null; out: string; err: string };
export type Running = { child: ChildProcess; ended: Promise<Ran>; heard(text: string): Promise<string> };

/** @param cwd the folder that relative paths on the command line start from. */
export function ballast(cwd: string, ...args: string[]): Promise<Ran> {
  return startBallast(cwd, ...args).ended;
}

/** `heard` waits until `text` stands on stdout. @returns what stands there by then. */
export function startBallast(cwd: string, ...args: string[]): Running {
  // One that hangs must not outlive its test, which would hang with it.
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  const streams = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    streams.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    streams.err += text;
  });
  const ended = once(child, 'close').then(([code]): Ran => ({ code, ...streams }));
  const heard = async (text: string) => {
    while (!streams.out.includes(text)) {
      await Promise.race([once(child.stdout, 'data'), ended]);
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`ended before saying "${text}":\n${streams.out}${streams.err}`);
    }
    return streams.out;
  };
  return { child, ended, heard };
}
