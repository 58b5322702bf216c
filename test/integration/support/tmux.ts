/** A terminal that can be looked at: tmux, with a server of its own that ends with the test. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { until } from './job-socket.ts';

const run = promisify(execFile);

export type TmuxTerminal = {
  /** Types `line` at the shell's prompt. */
  type(line: string): Promise<void>;
  /** Presses keys, in tmux's names: `q`, `C-c`, `Down`. */
  press(...keys: string[]): Promise<void>;
  /** The rows of the screen, once `matches` holds for all of them together. */
  shows(matches: RegExp): Promise<string[]>;
  resize(columns: number, rows: number): Promise<void>;
};

/** A shell on 80 columns and 24 rows. `environment` is added to the test's own. */
export async function openTmux(t: TestContext, environment: Record<string, string> = {}): Promise<TmuxTerminal> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-tmux-'));
  const env = { ...process.env, ...environment, TERM: 'xterm-256color', PS1: '$ ', LC_ALL: 'C.UTF-8' };
  const tmux = async (...args: string[]) =>
    (await run('tmux', ['-f', '/dev/null', '-S', join(folder, 'socket'), ...args], { env })).stdout;
  await tmux('new-session', '-d', '-s', 'it', '-x', '80', '-y', '24', 'bash --norc --noprofile');
  t.after(async () => {
    await tmux('kill-server');
    await rm(folder, { recursive: true, force: true });
  });
  const rows = async () => (await tmux('capture-pane', '-p', '-t', 'it')).replace(/\n$/, '').split('\n');
  return {
    type: async (line) => void (await tmux('send-keys', '-t', 'it', line, 'Enter')),
    press: async (...keys) => void (await tmux('send-keys', '-t', 'it', ...keys)),
    shows: async (matches) => {
      let seen: string[] = [];
      await until(async () => {
        seen = await rows();
        return matches.test(seen.join('\n'));
      });
      return seen;
    },
    resize: async (columns, lines) =>
      void (await tmux('resize-window', '-t', 'it', '-x', String(columns), '-y', String(lines))),
  };
}
