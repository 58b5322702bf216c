/** A request that has a connection of its own: how long it may take, and what went wrong with it. */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { Clock, Connect } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { plainErrno } from './errno.ts';
import { within } from './within.ts';

export type Peer = { host: string; port: number; connect: Connect; clock: Pick<Clock, 'after'> };

/**
 * Connects, and lets `exchange` do the rest, within `timeoutMs` for both.
 *
 * Throws `unreachable` when no connection came about or it broke; `timedOut` when it stood but `exchange` was not done;
 * what `exchange` throws; the signal's reason when aborted.
 */
export async function onOneConnection<T>(
  peer: Peer,
  timeoutMs: Millis,
  signal: AbortSignal,
  exchange: (stream: Duplex, stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const at = `${peer.host}:${peer.port}`;
  let connected = false;
  const talk = async (stop: AbortSignal) => {
    try {
      const stream = await peer.connect(peer.host, peer.port, stop);
      connected = true;
      return await exchange(stream, stop);
    } catch (error) {
      if (error instanceof AdapterError || stop.aborted) throw error;
      throw new AdapterError('unreachable', `${at} ${plainErrno(error)}`, { cause: error });
    }
  };
  const tooLate = () =>
    connected
      ? new AdapterError('timedOut', `${at} did not reply within ${timeoutMs} ms`)
      : new AdapterError('unreachable', `${at} did not connect within ${timeoutMs} ms`);
  return await within(peer.clock, timeoutMs, signal, talk, tooLate);
}
