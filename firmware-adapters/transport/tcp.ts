/** TCP for production. Tests and simulations pass in-memory streams of the same type instead. */
import { createConnection } from 'node:net';
import type { Connect } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { plainErrno } from './errno.ts';

/** Throws `AdapterError('unreachable')` naming host, port and cause, or the signal's reason when aborted. */
export const connectTcp: Connect = (host, port, signal) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    // Without no-delay a command can wait 40 ms for the acknowledgement of the packet before it.
    const socket = createConnection({ host, port, noDelay: true });
    const abort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      resolve(socket);
    });
    // Stays on for the socket's life: an error between two reads must not crash the process; the next read sees it.
    socket.on('error', (cause) => {
      signal.removeEventListener('abort', abort);
      reject(new AdapterError('unreachable', `${host}:${port} ${plainErrno(cause)}`, { cause }));
    });
  });
