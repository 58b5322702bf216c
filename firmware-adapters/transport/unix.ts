/** A Unix socket in the place of a TCP connection, for protocols that are spoken over either. */
import { createConnection } from 'node:net';
import type { Connect } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { plainErrno } from './errno.ts';

/** Host and port of a request name nobody here. */
export function connectUnix(path: string): Connect {
  return (_host, _port, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const socket = createConnection({ path, signal });
      socket.once('connect', () => resolve(socket));
      // Stays on: it may break while nobody reads.
      socket.on('error', (cause) => {
        reject(
          signal.aborted ? signal.reason : new AdapterError('unreachable', `${path} ${plainErrno(cause)}`, { cause }),
        );
      });
    });
}
