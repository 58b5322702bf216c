/** The command line as it ships: bundled, and laid out as in the package, where it looks for its register maps and its console. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from '../../packaging/bundle.ts';

const root = resolve(import.meta.dirname, '../..');

/** @param name of a folder below dist/, made anew. @returns the file to start. */
export async function bundledCli(name: string): Promise<string> {
  const home = join(root, 'dist', name);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  for (const folder of ['firmware-adapters', 'dist']) symlinkSync(join(root, folder), join(home, folder));
  await bundle(join(home, 'agent/bundle'));
  return join(home, 'agent/bundle/ballast.js');
}
