/** Which process holds the lock of a file, from `/proc/locks`, where every user sees every lock. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';

/** `process 812 (mbpoll)`; undefined when the kernel does not tell. */
export async function holderOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path);
    const pid = lockHolder(await readFile('/proc/locks', 'utf8'), dev, ino);
    if (pid === undefined) return undefined;
    const of = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const name = programName(await of('comm'), await of('cmdline'));
    return `process ${pid}${name && ` (${name})`}`;
  } catch {
    return undefined;
  }
}

/** `mbpoll`. Every Node.js program calls itself by its main thread: which one it is, its script tells. */
export function programName(comm: string, cmdline: string): string {
  const script = cmdline.split('\0').find((word, i) => i > 0 && word !== '' && !word.startsWith('-'));
  if (comm.trim() !== 'MainThread' || script === undefined) return comm.trim();
  return basename(script).replace(/\.[cm]?[jt]s$/, '');
}

/**
 * The process that holds an flock(2) on the inode `ino` of device `dev`, as stat(2) numbers them. A line reads
 * `1: FLOCK  ADVISORY  WRITE 812 00:18:5 0 EOF`, with the device in hexadecimal.
 */
export function lockHolder(locks: string, dev: number, ino: number): number | undefined {
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const file = `${hex(major)}:${hex(minor)}:${ino}`;
  for (const line of locks.split('\n')) {
    const [, kind, , , pid, held] = line.trim().split(/\s+/);
    if (kind === 'FLOCK' && held === file) return Number(pid);
  }
  return undefined;
}

function hex(number: number): string {
  return number.toString(16).padStart(2, '0');
}
