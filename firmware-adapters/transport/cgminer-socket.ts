/**
 * The cgminer socket protocol: one JSON request on its own connection, one JSON reply. How a reply ends differs by
 * build: with NUL and close (cgminer itself), with a newline, or with nothing while the socket stays open. So it ends
 * at the first NUL, at the close, or as soon as what has come is a whole JSON object.
 */
import type { Duplex } from 'node:stream';
import { parseJson } from '#protocol/json.ts';
import type { Millis } from '#protocol/units.ts';
import { AdapterError, Preempted } from '../errors.ts';
import type { Peer } from './one-connection.ts';
import { onOneConnection } from './one-connection.ts';

/** Closing a connection costs a system call: the reads that a cut of a full rack preempts close theirs once it is out. */
const LET_GO_MS: Millis = 50;

/** Larger than any reply of a miner; what is longer is not one. */
export const MAX_REPLY_BYTES = 1024 * 1024;

/**
 * Sends one request and returns the text of the reply, not yet parsed.
 *
 * Throws `unreachable` when no connection came about within `timeoutMs` or it broke before a whole reply, with code
 * `closed` when the peer closed it in good order but said nothing; `timedOut` when the connection stood but the reply
 * was not whole after `timeoutMs` from the start; `malformed` beyond `MAX_REPLY_BYTES`; the signal's reason when aborted.
 */
export async function askCgminer(peer: Peer, request: object, timeoutMs: Millis, signal: AbortSignal): Promise<string> {
  return await onOneConnection(peer, timeoutMs, signal, (stream, stop) => {
    stream.write(JSON.stringify(request));
    return readReply(stream, peer, stop);
  });
}

/**
 * Destroys the stream once the reply is whole, or `stop` aborts. By events: the stream's own iterator and abort signal
 * take several times as long to set up, and of 200 miners that stands before the last one's command.
 */
function readReply(stream: Duplex, { host, port, clock }: Peer, stop: AbortSignal): Promise<string> {
  const at = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const leave = () => {
      stop.removeEventListener('abort', abort);
      stream.destroy();
    };
    const done = () => {
      leave();
      resolve(Buffer.concat(chunks).toString());
    };
    const fail = (error: unknown) => {
      leave();
      reject(error);
    };
    const abort = () => {
      if (stop.reason !== Preempted.byLowering) return fail(stop.reason);
      clock.after('let go', LET_GO_MS, leave);
      reject(stop.reason);
    };
    const closed = () => {
      if (size > 0) done();
      else
        fail(
          stream.errored ??
            new AdapterError('unreachable', `${at} closed the connection without a reply`, { code: 'closed' }),
        );
    };
    stream.on('data', (chunk: Buffer) => {
      const nul = chunk.indexOf(0);
      chunks.push(nul < 0 ? chunk : chunk.subarray(0, nul));
      size += chunk.length;
      if (size > MAX_REPLY_BYTES)
        fail(new AdapterError('malformed', `${at} replied more than ${MAX_REPLY_BYTES} bytes`));
      else if (nul >= 0 || isWholeObject(chunks, chunk)) done();
    });
    stream.once('end', closed).once('close', closed).once('error', fail);
    stop.addEventListener('abort', abort, { once: true });
    // What happened between the connect and now has no event left.
    if (stop.aborted) abort();
    else if (stream.destroyed) closed();
  });
}

/** Parses only when the last byte of ink closes an object, so that a long reply is not parsed at every packet. */
function isWholeObject(chunks: Buffer[], last: Buffer): boolean {
  if (!last.toString('latin1').trimEnd().endsWith('}')) return false;
  return parseJson(Buffer.concat(chunks).toString()) !== undefined;
}
