/**
 * A pseudo-terminal: two ends of a serial line without the line. Bytes cross at once, whatever the baud rate: to pace
 * them, put a `DamagingRelay` in between.
 */
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ReadStream } from 'node:tty';
import koffi from 'koffi';

export type Pty = {
  /** What a serial port is opened with, such as /dev/pts/3. */
  readonly path: string;
  /** The other end. Closing it is what pulling out a USB adapter is to whoever has `path` open. */
  readonly master: Duplex;
  unplug(): Promise<void>;
};

/** Linux only. */
export function openPty(): Pty {
  const { fd, path } = openTerminal();
  // Half of what its type says: a terminal's read stream writes as well.
  const master = new ReadStream(fd);
  // A pseudo-terminal ends with the last program that leaves it; an adapter stays for the next.
  const adapter = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  return {
    path,
    master,
    unplug: async () => {
      if (master.destroyed) return;
      closeSync(adapter);
      const closed = once(master, 'close');
      master.destroy();
      await closed;
    },
  };
}

/** The same for whoever reads and writes the controlling end by itself, and waits for it. */
export function openTerminal(): { fd: number; path: string } {
  const libc = koffi.load('libc.so.6');
  const call = (name: string, signature: string, ...args: unknown[]): number => {
    const result: number = libc.func(signature)(...args);
    if (result < 0) throw new Error(`${name} failed`);
    return result;
  };
  const fd = call('posix_openpt', 'int posix_openpt(int)', constants.O_RDWR | constants.O_NOCTTY);
  call('grantpt', 'int grantpt(int)', fd);
  call('unlockpt', 'int unlockpt(int)', fd);
  const name = Buffer.alloc(64);
  call('ptsname_r', 'int ptsname_r(int, _Out_ char *, size_t)', fd, name, name.length);
  return { fd, path: name.toString('latin1', 0, name.indexOf(0)) };
}
