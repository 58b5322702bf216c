/** A serial line in memory whose bytes take as long as on a real one, either way. */
import { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';

/** Start, eight data, parity or second stop, and stop. */
const BITS_A_BYTE = 11;

export function paced(far: Duplex, baud: number): Duplex {
  const wireMs = (bytes: number): Millis => (bytes * BITS_A_BYTE * 1000) / baud;
  const near = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      setTimeout(() => far.write(chunk, done), wireMs(chunk.length));
    },
    destroy: (error, done) => {
      far.destroy();
      done(error);
    },
  });
  far.on('data', (chunk: Buffer) => setTimeout(() => near.push(chunk), wireMs(chunk.length)));
  far.once('close', () => near.destroy());
  return near;
}
