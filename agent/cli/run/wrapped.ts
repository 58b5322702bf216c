/**
 * One command in a process group of its own, and the agent's word on it: at a notice the group is frozen, after it has
 * had its time to save where it wants that; when it may run it goes on. Without an agent it runs as if alone; when the
 * agent goes away it stays as it is, and the next one is told how that is.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Clock } from '#agent/platform/clock.ts';
import type { LocalSession } from '#agent/platform/local-session.ts';
import { openLocalSession } from '#agent/platform/local-session.ts';
import { LocalError } from '#agent/platform/local-socket.ts';
import type { JobNotice } from '#protocol/jobs.ts';
import { notice as noticeSchema } from '#protocol/jobs.ts';
import type { Millis, Seconds } from '#protocol/units.ts';
import { Failure } from '../failure.ts';

export type WrappedParts = {
  readonly path: string;
  readonly workload: string;
  readonly token: string;
  /** What makes it save, and how long that takes; undefined for one that is only frozen. */
  readonly saving: { readonly signal: NodeJS.Signals; readonly graceS: Seconds } | undefined;
  readonly clock: Clock;
  note(text: string): void;
};

const RETRY_MS: Millis = 2_000;
const SIGNAL_EXIT = 128;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Wrapped {
  readonly #parts: WrappedParts;
  #child: ChildProcess | undefined;
  #frozen = false;
  /** Ends the time to save when the notice is taken back. */
  #saving = new AbortController();
  readonly #over = new AbortController();

  constructor(parts: WrappedParts) {
    this.#parts = parts;
  }

  /** Until the command ends. @returns its exit code. Throws `Failure` when it cannot be started. */
  async run(program: string, args: readonly string[]): Promise<number> {
    const child = spawn(program, args, { stdio: 'inherit', detached: true });
    this.#child = child;
    const code = new Promise<number>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new Failure(`${program} cannot be started: ${whyNot(cause)}`, 'check its name, and that it may be run')),
      );
      child.once('exit', (status, signal) => resolve(status ?? SIGNAL_EXIT + (signal ? constants.signals[signal] : 0)));
    });
    const forward = (signal: NodeJS.Signals) => {
      this.#send(signal);
      // A frozen group hears nothing else.
      if (this.#frozen) this.#send('SIGCONT');
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.once('spawn', () => void this.#speak());
    try {
      return await code;
    } finally {
      this.#over.abort(new Error('the command has ended'));
      this.#saving.abort(new Error('the command has ended'));
      for (const signal of FORWARDED) process.off(signal, forward);
    }
  }

  /** Comes back to the agent whenever it goes away. */
  async #speak(): Promise<void> {
    const { signal } = this.#over;
    let isToldToWait = false;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        if (error instanceof LocalError && FINAL.includes(error.code)) {
          this.#parts.note(`${error.message}: the command runs on, and gives way to nobody`);
          return;
        }
        // The config may get it while the command runs.
        if (error instanceof LocalError && error.code === 'unknown_workload' && !isToldToWait) {
          this.#parts.note(`${error.message}: the command runs on, and gives way once the agent knows it`);
          isToldToWait = true;
        }
      }
      await this.#parts.clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }

  async #session(): Promise<void> {
    const { path, clock, workload, token, saving } = this.#parts;
    const session: LocalSession = await openLocalSession(path, clock, (event, data) => {
      const parsed = noticeSchema.safeParse(data);
      if (event === 'notice' && parsed.success) void this.#heed(parsed.data, session);
    });
    const leave = () => session.close();
    this.#over.signal.addEventListener('abort', leave, { once: true });
    try {
      await session.ask('register', {
        workload,
        token,
        pids: this.#child?.pid === undefined ? [] : [this.#child.pid],
        checkpoint_s: saving?.graceS ?? 0,
        state: this.#frozen ? 'paused' : 'running',
      });
      await session.ended;
    } finally {
      this.#over.signal.removeEventListener('abort', leave);
      session.close();
    }
  }

  async #heed({ id, action }: JobNotice, session: LocalSession): Promise<void> {
    this.#saving.abort(new Error('another notice'));
    if (action === 'resume') {
      this.#frozen = false;
      this.#send('SIGCONT');
      return;
    }
    const { saving, clock } = this.#parts;
    if (saving) {
      this.#saving = new AbortController();
      const { signal } = this.#saving;
      this.#send(saving.signal);
      await clock.sleep(saving.graceS * 1000, signal).catch(() => {});
      if (signal.aborted) return;
    }
    this.#send('SIGSTOP');
    this.#frozen = true;
    // Taken back in this moment, or the agent is gone: the next word decides.
    await session.ask('ready', { notice: id }).catch(() => {});
  }

  #send(signal: NodeJS.Signals): void {
    const { pid } = this.#child ?? {};
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended in this moment.
    }
  }
}

function whyNot(cause: Error): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such command';
  return code === 'EACCES' ? 'it may not be run' : cause.message;
}

/** What another try does not change. */
const FINAL = ['wrong_token', 'wrong_user', 'unknown_verb', 'bad_request'];
