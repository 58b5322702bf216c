/** Tests that need a Debian package skip on a machine without it, and fail in continuous integration. */
import { existsSync } from 'node:fs';

/** Options for `test()`: `{ skip }` with what to install when none of the `programs` is there. */
export function needs(debianPackage: string, ...programs: string[]): { skip: string | false } {
  const there = programs.every((program) => folders.some((folder) => existsSync(`${folder}/${program}`)));
  const inCi = process.env['CI'] === 'true';
  return { skip: there || inCi ? false : `needs ${programs.join(' and ')}: apt-get install ${debianPackage}` };
}

const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];
