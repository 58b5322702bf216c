/** The processes around the broker: the miners, the agent as a site runs it, and the floor. */
import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis } from '#protocol/units.ts';
import { nodeOptions } from '#test/support/launcher.ts';
import { next } from './await.ts';
import type { FloorSetup, FromFloor, ToFloor } from './floor.ts';
import type { FromMiners, WriteCommand } from './miners.ts';

export type Miners = {
  readonly list: readonly { readonly port: number; readonly mac: string }[];
  /** When each heard `command`, once all of them have; to be called before they can. */
  told(command: WriteCommand): Promise<readonly Millis[]>;
  stop(): void;
};

export async function startMiners(count: number): Promise<Miners> {
  const child = fork(join(import.meta.dirname, 'miners.ts'), [String(count)]);
  const heard = new EventEmitter();
  child.on('message', (message: FromMiners) => {
    if (message.kind === 'told') heard.emit(message.command, message.moments);
    else heard.emit('listening', message.miners);
  });
  const list = await next<Miners['list']>(heard, 'listening');
  return {
    list,
    told: (command) => next<readonly Millis[]>(heard, command),
    stop: () => void child.kill(),
  };
}

export type Floor = {
  /** Dials every miner ahead of the next order. */
  dialAhead(): Promise<void>;
  stop(): void;
};

export async function startFloor(setup: FloorSetup): Promise<Floor> {
  const child = fork(join(import.meta.dirname, 'floor.ts'), [JSON.stringify(setup)]);
  await said(child, 'ready');
  return {
    dialAhead: async () => {
      const dialled = said(child, 'dialled');
      child.send({ kind: 'dialAhead' } satisfies ToFloor);
      await dialled;
    },
    stop: () => void child.kill(),
  };
}

export type AgentProcess = {
  /** Holds the process still, so that others have the machine to themselves. */
  pause(): void;
  resume(): void;
  /** Rejects with its last words when it ends before it is told to. */
  readonly untimelyEnd: Promise<never>;
  stop(): Promise<void>;
};

/** @param environment beside the bench's own. */
export async function startAgent(
  folder: string,
  files: { config: string; policy: string },
  environment: Readonly<Record<string, string>> = {},
): Promise<AgentProcess> {
  const cli = join(import.meta.dirname, '../../../agent/cli/ballast.ts');
  const logFile = join(folder, 'agent.log');
  const log = await open(logFile, 'w');
  const child = spawn(
    process.execPath,
    [...nodeOptions(), cli, 'agent', '--config', files.config, '--policy', files.policy],
    {
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...environment },
    },
  );
  await log.close();
  const exit = once(child, 'exit');
  const untimelyEnd = exit.then(async ([code]): Promise<never> => {
    throw new Error(`the agent ended with ${code}: ${(await readFile(logFile, 'utf8')).slice(-1000)}`);
  });
  // Its end is timely once the bench has told it to stop.
  untimelyEnd.catch(() => {});
  return {
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    untimelyEnd,
    stop: async () => {
      child.kill('SIGTERM');
      // One that is held still hears nothing else.
      child.kill('SIGCONT');
      await exit;
    },
  };
}

async function said(child: ChildProcess, kind: FromFloor['kind']): Promise<void> {
  await next<FromFloor>(child, 'message', (message) => message.kind === kind);
}
