/**
 * HTTP/1.1 with one device over the injected connection, which is kept between requests: a warm request costs one round
 * trip. `node:http` speaks the protocol. Its agent takes any byte stream, so tests hand it streams in memory, and no
 * timer of its own runs; `fetch` takes neither stream nor clock, and undici would be a second HTTP client to install.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { Clock, Connect } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { plainErrno } from './errno.ts';
import { within } from './within.ts';

export type HttpPeer = { host: string; port: number; connect: Connect; clock: Pick<Clock, 'after'> };

export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: HttpBody;
  /** From the start, with connecting, to the whole reply. */
  timeoutMs: Millis;
  /**
   * A kept connection may have been closed by the device just as we write, and then the request is sent once more on a
   * new one. True for what must not reach the device twice, such as a reboot.
   */
  once?: boolean;
};

export type HttpBody = { type: string; text: string };

export type HttpReply = {
  status: number;
  /** Lower-case names, each with all its values. */
  headers: Readonly<Record<string, string[] | undefined>>;
  text: string;
};

/** Larger than any reply of a miner; what is longer is not one. */
export const MAX_HTTP_REPLY_BYTES = 1024 * 1024;

export function jsonBody(value: unknown): HttpBody {
  return { type: 'application/json', text: JSON.stringify(value) };
}

export function formBody(fields: Record<string, string>): HttpBody {
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(fields).toString() };
}

/** Not a queue: the caller lets one request run at a time. */
export class HttpLine {
  readonly #peer: HttpPeer;
  readonly #agent = new KeptStream();

  constructor(peer: HttpPeer) {
    this.#peer = peer;
  }

  /**
   * One request and the whole reply, whatever its status.
   *
   * Throws `unreachable` when no connection came about in time or it broke before a whole reply, with code `closed` when
   * the device closed it in good order but said nothing; `timedOut` when the connection stood but the reply was not
   * whole in time; `malformed` for what is not HTTP and beyond `MAX_HTTP_REPLY_BYTES`; the signal's reason when aborted.
   */
  async ask(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const { host, port, clock } = this.#peer;
    const at = `${host}:${port}`;
    let connected = false;
    const talk = async (stop: AbortSignal) => {
      try {
        await this.#connect(stop);
        connected = true;
        return await this.#exchange(request, stop);
      } catch (error) {
        throw stop.aborted ? error : inWords(at, error);
      }
    };
    const tooLate = () =>
      connected
        ? new AdapterError('timedOut', `${at} did not reply within ${request.timeoutMs} ms`)
        : new AdapterError('unreachable', `${at} did not connect within ${request.timeoutMs} ms`);
    return await within(clock, request.timeoutMs, signal, talk, tooLate);
  }

  /** Lets go of the connection; the next request opens another. */
  close(): void {
    this.#agent.destroy();
  }

  async #connect(stop: AbortSignal): Promise<void> {
    const { host, port, connect } = this.#peer;
    stop.throwIfAborted();
    if (!this.#agent.isKept) this.#agent.take(await connect(host, port, stop));
  }

  async #exchange(request: HttpRequest, stop: AbortSignal): Promise<HttpReply> {
    const wasKept = this.#agent.isKept;
    try {
      return await this.#send(request, stop);
    } catch (error) {
      if (!wasKept || request.once || stop.aborted || !brokeBeforeReply(error)) throw error;
    }
    await this.#connect(stop);
    return await this.#send(request, stop);
  }

  #send({ method, path, headers, body }: HttpRequest, stop: AbortSignal): Promise<HttpReply> {
    const { host, port } = this.#peer;
    const bodyHeaders = body && { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) };
    const sent = httpRequest({
      agent: this.#agent,
      host,
      port,
      method,
      path,
      headers: { ...headers, ...bodyHeaders },
      signal: stop,
    });
    const reply = replyTo(sent);
    sent.end(body?.text);
    return reply;
  }
}

/** The one connection, kept while nobody uses it. What Node's agent does to a socket's timers is left out. */
class KeptStream extends Agent {
  #fresh: Duplex | undefined;

  constructor() {
    super({ keepAlive: true, maxFreeSockets: 1 });
  }

  /** Whether a request would go out on a connection that stands. */
  get isKept(): boolean {
    return Object.values(this.freeSockets).some((streams) => streams?.some(({ destroyed }) => !destroyed));
  }

  /** The connection for the next request. */
  take(stream: Duplex): void {
    // It may break while nobody listens; the next request opens another then.
    stream.on('error', () => {});
    // The agent calls this as it takes a stream up again, and only sockets have it.
    if (!('ref' in stream)) Object.assign(stream, { ref: () => stream });
    // A device that has said its last word answers nothing more.
    stream.once('end', () => stream.destroy());
    this.#fresh = stream;
  }

  override createConnection(): Duplex | undefined {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    return fresh;
  }

  override keepSocketAlive(): boolean {
    return true;
  }
}

function replyTo(sent: ClientRequest): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    // Stays on: a request that was dropped may fail once more as its connection goes.
    sent.on('error', reject);
    sent.once('response', (message: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let size = 0;
      message.on('error', reject);
      message.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_HTTP_REPLY_BYTES) sent.destroy(new TooLarge());
      });
      message.once('end', () => {
        const { statusCode: status = 0, headersDistinct: headers } = message;
        resolve({ status, headers, text: Buffer.concat(chunks).toString() });
      });
    });
  });
}

class TooLarge extends Error {}

/** The connection was closed, or reset, and nothing of a reply had come. */
function brokeBeforeReply(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function inWords(at: string, error: unknown): AdapterError {
  if (error instanceof AdapterError) return error;
  if (error instanceof TooLarge)
    return new AdapterError('malformed', `${at} replied more than ${MAX_HTTP_REPLY_BYTES} bytes`);
  const code = codeOf(error);
  // Of Node's parser: what came is not HTTP.
  if (code?.startsWith('HPE_')) return new AdapterError('malformed', `${at} did not answer in HTTP (${code})`);
  // An orderly close has no system call that failed.
  if (code === 'ECONNRESET' && error instanceof Error && !('syscall' in error)) {
    const wasReplying = error.message === 'aborted';
    const what = wasReplying ? 'in the middle of its reply' : 'without a reply';
    const detail = wasReplying ? { cause: error } : { code: 'closed', cause: error };
    return new AdapterError('unreachable', `${at} closed the connection ${what}`, detail);
  }
  return new AdapterError('unreachable', `${at} ${plainErrno(error)}`, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
