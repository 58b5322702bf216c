/**
 * The cgminer socket protocol: one JSON request on its own connection, one JSON reply. How a reply ends differs by
 * build: with NUL and close (cgminer itself), with a newline, or with nothing while the socket stays open. So it ends
 * at the first NUL, at the close, or as soon as what has come is a whole JSON object.
 */
import type { Duplex } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { Clock, Connect } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { plainErrno } from './errno.ts';

export type CgminerPeer = { host: string; port: number; connect: Connect; clock: Pick<Clock, 'timeout'> };

/** Larger than any reply of a miner; what is longer is not one. */
export const maxReplyBytes = 1024 * 1024;

/**
 * Sends one request and returns the text of the reply, not yet parsed.
 *
 * Throws `unreachable` when no connection came about within `timeoutMs` or it broke before a whole reply, with code
 * `closed` when the peer closed it in good order but said nothing; `timedOut` when the connection stood but the reply
 * was not whole after `timeoutMs` from the start; `malformed` beyond `maxReplyBytes`; the signal's reason when aborted.
 */
export async function askCgminer(
  peer: CgminerPeer,
  request: object,
  timeoutMs: Millis,
  signal: AbortSignal,
): Promise<string> {
  const at = `${peer.host}:${peer.port}`;
  const deadline = peer.clock.timeout(timeoutMs);
  const stop = AbortSignal.any([signal, deadline]);
  let connected = false;
  try {
    const stream = await peer.connect(peer.host, peer.port, stop);
    connected = true;
    addAbortSignal(stop, stream);
    stream.write(JSON.stringify(request));
    return await readReply(stream, at);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (deadline.aborted && connected) throw new AdapterError('timedOut', `${at} did not reply within ${timeoutMs} ms`);
    if (deadline.aborted) throw new AdapterError('unreachable', `${at} did not connect within ${timeoutMs} ms`);
    if (error instanceof AdapterError) throw error;
    throw new AdapterError('unreachable', `${at} ${plainErrno(error)}`, { cause: error });
  }
}

/** Leaving the loop, by return or throw, destroys the stream. */
async function readReply(stream: Duplex, at: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const nul = chunk.indexOf(0);
    chunks.push(nul < 0 ? chunk : chunk.subarray(0, nul));
    size += chunk.length;
    if (size > maxReplyBytes) throw new AdapterError('malformed', `${at} replied more than ${maxReplyBytes} bytes`);
    if (nul >= 0 || isWholeObject(chunks, chunk)) return Buffer.concat(chunks).toString();
  }
  if (size > 0) return Buffer.concat(chunks).toString();
  throw new AdapterError('unreachable', `${at} closed the connection without a reply`, { code: 'closed' });
}

/** Parses only when the last byte of ink closes an object, so that a long reply is not parsed at every packet. */
function isWholeObject(chunks: Buffer[], last: Buffer): boolean {
  if (!last.toString('latin1').trimEnd().endsWith('}')) return false;
  try {
    JSON.parse(Buffer.concat(chunks).toString());
    return true;
  } catch {
    return false;
  }
}
