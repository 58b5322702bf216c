/**
 * A stream over an open serial port. It reads and writes the port's file itself: the library goes through the thread
 * pool both ways, which costs a Modbus request half a millisecond, and when an adapter leaves in the middle of a read it
 * reads again for ever, eating memory (serialport/bindings-cpp issue 162).
 */
import { readSync, writeSync } from 'node:fs';
import { Duplex } from 'node:stream';
import type { SerialPort } from 'serialport';

/** What the library's binding has on Unix: the open file, without blocking, and word of when it can be read or written. */
type Binding = { fd: number; poller: Poller };
type Poller = { once(event: 'readable' | 'writable' | 'disconnect', then: (error: Error | null) => void): unknown };

/** Longer than any Modbus frame. */
const CHUNK_BYTES = 512;

/** Destroying it closes the port; an adapter that is pulled out destroys it. It is read from the beginning. */
export function wireOn(port: SerialPort): Duplex {
  const { fd, poller } = port.port as unknown as Binding;
  const unplugged = (cause: unknown) => wire.destroy(new Error(`${port.path} was unplugged`, { cause }));
  const wire = new Duplex({
    read: () => {},
    write: (bytes: Buffer, _encoding, done) => writeAll(bytes, done),
    destroy: (error, done) => {
      if (port.isOpen) port.close(() => done(error));
      else done(error);
    },
  });

  const listen = () => {
    poller.once('readable', (error) => {
      if (wire.destroyed) return;
      if (error) unplugged(error);
      else hear();
    });
  };
  const hear = () => {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    try {
      const length = readSync(fd, chunk);
      // Nothing to read where there should be something: the other end is gone.
      if (length === 0) return unplugged(undefined);
      wire.push(chunk.subarray(0, length));
    } catch (error) {
      if (!mustWait(error)) return unplugged(error);
    }
    listen();
  };
  const writeAll = (bytes: Buffer, done: (error?: Error | null) => void) => {
    try {
      const rest = bytes.subarray(writeSync(fd, bytes));
      if (rest.length === 0) return done();
      writeAll(rest, done);
    } catch (error) {
      if (!mustWait(error)) return done(error as Error);
      poller.once('writable', (failure) => (failure ? done(failure) : writeAll(bytes, done)));
    }
  };

  port.on('error', (error) => wire.destroy(error));
  port.on('close', () => wire.destroy());
  poller.once('disconnect', (error) => {
    if (!wire.destroyed) unplugged(error);
  });
  listen();
  return wire;
}

/** The kernel's buffer is empty, or full, and nothing is wrong. */
function mustWait(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EAGAIN' || code === 'EINTR';
}
