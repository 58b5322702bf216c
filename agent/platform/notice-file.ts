/** A small file that others read while it changes: written beside and renamed, so that nobody sees half of it. */
import { rename, writeFile } from 'node:fs/promises';
import type { Logger } from './log.ts';

/** @returns what replaces its content; while one write runs, only the newest waits. */
export function replacedFile(path: string, log: Logger): (content: object) => void {
  const beside = `${path}.new`;
  const state: { next: string | undefined; writing: boolean } = { next: undefined, writing: false };
  const write = async () => {
    state.writing = true;
    while (state.next !== undefined) {
      const text = state.next;
      state.next = undefined;
      await writeFile(beside, text, { mode: 0o640 });
      await rename(beside, path);
    }
  };
  return (content) => {
    state.next = `${JSON.stringify(content)}\n`;
    if (state.writing) return;
    write()
      .catch((error: Error) => log.warn({ path, reason: error.message }, 'a file could not be replaced'))
      .finally(() => {
        state.writing = false;
      });
  };
}
