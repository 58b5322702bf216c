/**
 * A transport that answers with recorded replies, whatever a device of that kind listens with: a cgminer socket, HTTP
 * or WhatsMiner's frames. Which it is shows in the first bytes of a connection. What was not recorded is refused as the
 * protocol does it.
 */
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Connect } from '#adapters/contract.ts';

export type Replies = ReadonlyMap<string, Buffer>;

/** Every address leads to the same device. */
export function replaying(replies: Replies): Connect {
  const web = createServer(answerWeb(replies));
  return async () => {
    const [near, far] = duplexPair();
    near.once('close', () => far.destroy());
    // The adapter may leave at any time; there is nobody to tell.
    far.on('error', () => undefined);
    far.once('data', (first: Buffer) => serve(far, first, replies, web));
    return near;
  };
}

const OPENING_BRACE = 0x7b;

function serve(stream: Duplex, first: Buffer, replies: Replies, web: Server): void {
  stream.pause();
  stream.unshift(first);
  if (first[0] === OPENING_BRACE) serveCgminer(stream, replies);
  else if (first[4] === OPENING_BRACE) serveFrames(stream, replies);
  else web.emit('connection', stream);
  stream.resume();
}

function serveCgminer(stream: Duplex, replies: Replies): void {
  let received = '';
  stream.on('data', (chunk: Buffer) => {
    received += chunk.toString();
    const request = parsed(received.replaceAll('\0', ''));
    if (request === undefined) return;
    const command = String(request['command'] ?? request['cmd']);
    const parameter = request['parameter'] ?? request['param'];
    stream.end(Buffer.concat([answerCgminer(command, parameter, replies), Buffer.of(0)]));
  });
}

function answerCgminer(command: string, parameter: unknown, replies: Replies): Buffer {
  const commands = command.split('+');
  if (commands.length === 1) return cgminerReply(command, parameter, replies);
  // Each part in a list of its own, as the protocol joins them; bytes, so that what is no JSON stays what it is.
  const parts = commands.flatMap((each, at) => [
    Buffer.from(`${at > 0 ? ',' : ''}"${each}":[`),
    cgminerReply(each, parameter, replies),
    Buffer.from(']'),
  ]);
  return Buffer.concat([Buffer.from('{'), ...parts, Buffer.from('}')]);
}

function cgminerReply(command: string, parameter: unknown, replies: Replies): Buffer {
  const names = [`${command}:${String(parameter)}`, command].flatMap((name) => [`rpc/${name}`, `rpc_${name}`, name]);
  const refused = { STATUS: [{ STATUS: 'E', Code: 14, Msg: 'invalid cmd' }] };
  return firstOf([...names, asConstant(command)], replies) ?? Buffer.from(JSON.stringify(refused));
}

/** WhatsMiner's API v3: four bytes of length, lowest first, then JSON. */
function serveFrames(stream: Duplex, replies: Replies): void {
  let received = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 4 && received.length >= 4 + received.readUInt32LE(0)) {
      const end = 4 + received.readUInt32LE(0);
      const request = parsed(received.subarray(4, end).toString()) ?? {};
      received = received.subarray(end);
      const reply = frameReply(String(request['cmd']), request['param'], replies);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(reply.length);
      stream.write(Buffer.concat([length, reply]));
    }
  });
}

function frameReply(command: string, parameter: unknown, replies: Replies): Buffer {
  const parts = typeof parameter === 'string' ? parameter.split('+') : [];
  const recorded = parts.flatMap((part) => replies.get(`${command}:${part}`) ?? []);
  if (recorded.length < 2) {
    const refused = { code: -2, when: 0, msg: 'invalid command', desc: command };
    return recorded[0] ?? replies.get(command) ?? Buffer.from(JSON.stringify(refused));
  }
  const bodies = recorded.map((each) => parsed(each.toString()) ?? {});
  return Buffer.from(JSON.stringify({ ...bodies[0], msg: Object.assign({}, ...bodies.map(({ msg }) => msg)) }));
}

function answerWeb(replies: Replies): RequestListener {
  return async (request, response) => {
    await text(request).catch(() => '');
    const reply = request.url?.endsWith('/graphql') ? everyQuery(replies) : webReply(request, replies);
    response.writeHead(reply ? 200 : 404, { 'content-type': 'application/json' });
    response.end(reply ?? '{"error":"not recorded"}');
  };
}

function webReply({ url = '/' }: IncomingMessage, replies: Replies): Buffer | undefined {
  const { pathname } = new URL(url, 'http://miner');
  const name = pathname.replace(/^\/(?:cgi-bin\/(?:luci\/)?|api\/(?:v1\/)?)?/, '').replace(/\.cgi$/, '');
  const recorded = firstOf([`web/${name}`, `web_${name}`, name, asConstant(name), `privileged/${name}`], replies);
  return recorded ?? logIns.get(name);
}

/** Nobody publishes these, and everybody is let in. By the path behind the API's own prefix. */
const logIns = new Map(
  Object.entries({
    // Braiins OS, VNish.
    'auth/login': { token: 'replayed', timeout_s: 3600 },
    unlock: { token: 'replayed' },
    // Auradine, Goldshell, Innosilicon.
    token: { STATUS: [{ STATUS: 'S' }], Token: [{ Token: 'replayed' }] },
    'user/login': { 'JWT Token': 'replayed' },
    auth: { jwt: 'replayed' },
  }).map(([name, reply]) => [name, Buffer.from(JSON.stringify(reply))]),
);

/** Which recorded query a request asks for is not to be told from its text, so it gets what they all got. */
function everyQuery(replies: Replies): Buffer | undefined {
  const bodies = [...replies].filter(([name]) => name.startsWith('const:GQL_')).map(([, body]) => body.toString());
  if (bodies.length === 0) return undefined;
  return Buffer.from(JSON.stringify({ data: bodies.map((body) => parsed(body)?.['data']).reduce(merged, {}) }));
}

function merged(one: unknown, other: unknown): unknown {
  if (!isObject(one) || !isObject(other)) return other;
  const shared = Object.entries(other).map(([key, value]) => [key, key in one ? merged(one[key], value) : value]);
  return { ...one, ...Object.fromEntries(shared) };
}

/** asic-rs names some replies after its own constants. */
function asConstant(name: string): string {
  return `const:${name.toUpperCase().replace(/[/-]/g, '_')}`;
}

function firstOf(names: readonly string[], replies: Replies): Buffer | undefined {
  return names.map((name) => replies.get(name)).find((reply) => reply !== undefined);
}

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
