/** A small disk of a test's own, which can be filled up and made read-only while it is in use. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export type Disk = {
  readonly path: string;
  /** Takes all the space that is left. */
  fill(): Promise<void>;
  /** Gives that space back. */
  free(): Promise<void>;
  /** While nobody has a file open for writing. */
  mount(how: 'ro' | 'rw'): void;
};

/**
 * Options for `test()`: `{ skip }` where file systems cannot be mounted, as in a container without CAP_SYS_ADMIN. There
 * it skips in continuous integration too: no package would help.
 */
export function needsMounts(): { skip: string | false } {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
  if (status === 0) execFileSync('umount', [folder]);
  rmdirSync(folder);
  return { skip: status === 0 ? false : 'needs the right to mount file systems: run it as root' };
}

/** Ends with the test. */
export async function mountDisk(t: TestContext): Promise<Disk> {
  const path = await mkdtemp(join(tmpdir(), 'ballast-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path]);
  t.after(async () => {
    execFileSync('umount', ['--lazy', path]);
    await rmdir(path);
  });
  const filler = join(path, 'filler');
  return {
    path,
    fill: () => fill(filler),
    free: () => rm(filler),
    mount: (how) => void execFileSync('mount', ['-o', `remount,${how}`, path]),
  };
}

async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  const page = Buffer.alloc(4096);
  try {
    for (;;) await file.write(page);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}
