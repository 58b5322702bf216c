/** How Node is told to run the agent, for those that start it without its launcher. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Node's options in a launcher, such as `--max-semi-space-size=4`. */
export function nodeOptions(launcher = 'bin/ballast'): string[] {
  const [, options = ''] = /^exec \S+ ((?:--\S+ )*)/m.exec(readFileSync(resolve(root, launcher), 'utf8')) ?? [];
  return options.split(' ').filter((option) => option !== '');
}
