/**
 * The bytes between an adapter and a device, taken apart as far as a fuzzer must: which request a reply belongs to, and
 * where the part of a reply is that the device words. Three ways of speaking: cgminer's socket, HTTP, WhatsMiner's frames.
 */
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import type { Connect } from '#adapters/contract.ts';

/** What a device said to each request: the JSON or text itself, without what carries it. */
export type Conversation = Map<string, string>;

type Wire = {
  /** What of a request tells it from others; undefined while it is not whole. */
  key(sent: Buffer): string | undefined;
  /** The words in a reply; undefined while it is not whole. */
  words(received: Buffer): string | undefined;
  carried(words: string): Buffer;
  /** Whether the device hangs up after a reply. */
  closes: boolean;
};

/** Lets a conversation pass, and notes the last reply to each request. */
export function tapped(connect: Connect, noted: Conversation): Connect {
  return async (host, port, signal) => {
    const device = await connect(host, port, signal);
    const [near, far] = duplexPair();
    let sent = Buffer.alloc(0);
    let received = Buffer.alloc(0);
    far.on('data', (chunk: Buffer) => {
      // A new request begins once the reply to the one before has been noted.
      sent = Buffer.concat([sent, chunk]);
      device.write(chunk);
    });
    device.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const wire = wireOf(sent);
      const key = wire?.key(sent);
      const words = wire?.words(received);
      if (key !== undefined && words !== undefined) {
        noted.set(key, words);
        sent = Buffer.alloc(0);
        received = Buffer.alloc(0);
      }
      far.write(chunk);
    });
    device.once('end', () => far.end());
    near.once('close', () => device.destroy());
    for (const stream of [device, far]) stream.on('error', () => undefined);
    return near;
  };
}

/** A device that says to each request what `replies` has for it, and hangs up where that is nothing. */
export function answering(replies: () => Conversation): Connect {
  return async () => {
    const [near, far] = duplexPair();
    near.once('close', () => far.destroy());
    far.on('error', () => undefined);
    converse(far, replies);
    return near;
  };
}

function converse(stream: Duplex, replies: () => Conversation): void {
  let sent = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    sent = Buffer.concat([sent, chunk]);
    const wire = wireOf(sent);
    const key = wire?.key(sent);
    if (!wire || key === undefined) return;
    sent = Buffer.alloc(0);
    const words = replies().get(key);
    if (words === undefined) stream.end();
    else if (wire.closes) stream.end(wire.carried(words));
    else stream.write(wire.carried(words));
  });
}

const OPENING_BRACE = 0x7b;

function wireOf(sent: Buffer): Wire | undefined {
  if (sent.length < 5) return undefined;
  if (sent[0] === OPENING_BRACE) return cgminer;
  return sent[4] === OPENING_BRACE ? frames : http;
}

const cgminer: Wire = {
  key: (sent) => parsedKey(sent.toString()),
  words: (received) =>
    received.at(-1) === 0 || parsedKey(received.toString()) !== undefined ? trimmed(received) : undefined,
  carried: (words) => Buffer.from(`${words}\0`),
  closes: true,
};

const frames: Wire = {
  key: (sent) => parsedKey(sent.subarray(4).toString()),
  words: (received) =>
    received.length >= 4 && received.length >= 4 + received.readUInt32LE(0)
      ? received.subarray(4).toString()
      : undefined,
  carried: (words) => {
    const body = Buffer.from(words);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    return Buffer.concat([length, body]);
  },
  closes: false,
};

const http: Wire = {
  key: (sent) => {
    const head = sent.indexOf('\r\n\r\n');
    if (head < 0) return undefined;
    const text = sent.subarray(0, head).toString();
    const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
    if (sent.length < head + 4 + length) return undefined;
    return /^(\S+ \S+)/.exec(text)?.[1];
  },
  words: (received) => {
    const head = received.indexOf('\r\n\r\n');
    if (head < 0) return undefined;
    const text = received.subarray(0, head).toString();
    const body = received.subarray(head + 4);
    if (/^transfer-encoding: *chunked/im.test(text)) return unchunked(body);
    const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
    return body.length >= length ? body.toString() : undefined;
  },
  carried: (words) => Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(words)}\r\n\r\n${words}`),
  closes: false,
};

function unchunked(body: Buffer): string | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(body.subarray(at, end).toString(), 16);
    if (size === 0) return Buffer.concat(parts).toString();
    if (body.length < end + 2 + size + 2) return undefined;
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

/** Of a request in JSON, without what is new each time. Undefined while it is not whole. */
function parsedKey(text: string): string | undefined {
  try {
    const { ts, token, ...asked } = JSON.parse(text.replace(/\0+$/, '')) as Record<string, unknown>;
    return JSON.stringify(asked);
  } catch {
    return undefined;
  }
}

function trimmed(received: Buffer): string {
  return received.toString().replace(/\0+$/, '');
}
