/**
 * JSON in frames, as WhatsMiner's API v3 has it both ways: four bytes of length, lowest first, then that many bytes. One
 * request a connection: whether the miner keeps one open is not documented.
 */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import type { Peer } from './one-connection.ts';
import { onOneConnection } from './one-connection.ts';

/** Larger than any reply of a miner; what is longer is not one. */
const MAX_FRAME_BYTES = 1024 * 1024;

const HEAD_BYTES = 4;

/**
 * Sends one request and returns the text of the reply, not yet parsed.
 *
 * Throws `unreachable` when no connection came about within `timeoutMs` or it broke before a whole reply, with code
 * `closed` when the peer closed it in good order but said nothing; `timedOut` when the reply was not whole after
 * `timeoutMs` from the start; `malformed` for a length beyond `MAX_FRAME_BYTES`; the signal's reason when aborted.
 */
export async function askFramed(peer: Peer, request: object, timeoutMs: Millis, signal: AbortSignal): Promise<string> {
  return await onOneConnection(peer, timeoutMs, signal, (stream, stop) => {
    stream.write(framed(JSON.stringify(request)));
    return readFrame(stream, `${peer.host}:${peer.port}`, stop);
  });
}

function framed(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

/** Destroys the stream once the frame is whole, or `stop` aborts. */
function readFrame(stream: Duplex, at: string, stop: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const leave = () => {
      stop.removeEventListener('abort', abort);
      stream.destroy();
    };
    const fail = (error: unknown) => {
      leave();
      reject(error);
    };
    const abort = () => fail(stop.reason);
    const closed = () => fail(stream.errored ?? cutShort(at, received.length));
    stream.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < HEAD_BYTES) return;
      const length = received.readUInt32LE(0);
      if (length > MAX_FRAME_BYTES) fail(new AdapterError('malformed', `${at} announced a reply of ${length} bytes`));
      if (received.length < HEAD_BYTES + length) return;
      leave();
      resolve(received.subarray(HEAD_BYTES, HEAD_BYTES + length).toString());
    });
    stream.once('end', closed).once('close', closed).once('error', fail);
    stop.addEventListener('abort', abort, { once: true });
    // What happened between the connect and now has no event left.
    if (stop.aborted) abort();
    else if (stream.destroyed) closed();
  });
}

function cutShort(at: string, received: number): AdapterError {
  return received === 0
    ? new AdapterError('unreachable', `${at} closed the connection without a reply`, { code: 'closed' })
    : new AdapterError('unreachable', `${at} closed the connection in the middle of its reply`);
}
