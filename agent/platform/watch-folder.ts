/**
 * Notices when files of a folder come, go or change: by looking, since `watch` misses that on network and overlay
 * filesystems.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis } from '#protocol/units.ts';
import type { Clock } from './clock.ts';

export type WatchedFolder = {
  /** When the last look that was begun is over. */
  looked(): Promise<void>;
  stop(): void;
};

/** Looks every `everyMs`. A folder that does not exist is empty. */
export function watchFolder(
  folder: string,
  everyMs: Millis,
  clock: Pick<Clock, 'every'>,
  changed: () => void,
): WatchedFolder {
  let seen: Promise<string> = look(folder);
  const stop = clock.every(`watch ${folder}`, everyMs, () => {
    seen = seen.then(async (before) => {
      const after = await look(folder);
      if (after !== before) changed();
      return after;
    });
  });
  return { stop, looked: async () => void (await seen) };
}

/** Names, sizes and times of change, as one text. Never rejects: what cannot be read looks empty. */
async function look(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const files = names.sort().map(async (name) => {
    const facts = await stat(join(folder, name)).catch(() => undefined);
    return `${name} ${facts?.size} ${facts?.mtimeMs}`;
  });
  return (await Promise.all(files)).join('\n');
}
