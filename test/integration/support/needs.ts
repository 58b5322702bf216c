/** Tests that need a Debian package skip on a machine without it, and fail in continuous integration. */
import { existsSync } from 'node:fs';

type Need = { skip: string | false };

/** Options for `test()`: `{ skip }` with what to install when one of the `programs` is not there. */
export function needs(debianPackage: string, ...programs: string[]): Need {
  const there = programs.every((program) => folders.some((folder) => existsSync(`${folder}/${program}`)));
  return unless(there, `needs ${programs.join(' and ')}: apt-get install ${debianPackage}`);
}

/** The same for a module of Debian's own Python. */
export function needsPython(debianPackage: string, module: string): Need {
  const there = existsSync(`/usr/lib/python3/dist-packages/${module}`);
  return unless(there, `needs the Python module ${module}: apt-get install ${debianPackage}`);
}

/** The same for files of packages that bring no program. */
export function needsFiles(debianPackages: string, ...paths: string[]): Need {
  const missing = paths.filter((path) => !existsSync(path));
  return unless(missing.length === 0, `needs ${missing.join(' and ')}: apt-get install ${debianPackages}`);
}

const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];

function unless(there: boolean, message: string): Need {
  const inCi = process.env['CI'] === 'true';
  return { skip: there || inCi ? false : message };
}
