/** What the adapters of miners with a web interface share: requests answered in JSON, and tokens that a log-in gives. */
import * as z from 'zod';
import type { Millis } from '#protocol/units.ts';
import type { AdapterContext } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import type { HttpReply, HttpRequest } from '../transport/http.ts';
import { HttpLine, jsonBody } from '../transport/http.ts';
import { DigestLine } from '../transport/http-digest.ts';
import type { HttpJson, StatusMeanings } from '../transport/http-reply.ts';
import { acceptedReply, jsonOf } from '../transport/http-reply.ts';

/** What a config says of a miner behind a log-in; the port and the user are the factory's unless it says so. */
export function logInOptions(port: number, username: string) {
  return z.object({
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(port),
    username: z.string().min(1).default(username),
    /** The file whose first line is that user's password, relative to the config's folder. */
    password_file: z.string().min(1),
  });
}

export type LogInOptions = z.infer<ReturnType<typeof logInOptions>>;

/** A web interface behind a digest log-in, on one connection that is kept. */
export function digestWeb(
  { host, port, username, password_file: file }: LogInOptions,
  { connect, clock, secret }: AdapterContext,
  timeoutMs: Millis,
): { http: HttpLine; api: WebApi } {
  const http = new HttpLine({ host, port, connect, clock });
  const digest = new DigestLine(http, async () => ({ username, password: await secret(file) }));
  return { http, api: new WebApi({ ask: (request, signal) => digest.ask(request, signal), timeoutMs }) };
}

export type WebApiParts = {
  /** One request and its reply: `HttpLine.ask`, or `DigestLine.ask` where the miner wants a digest. */
  ask(request: HttpRequest, signal: AbortSignal): Promise<HttpReply>;
  timeoutMs: Millis;
  /** What this firmware means by a status, where that differs from the usual. */
  meanings?: StatusMeanings;
};

type Headers = Readonly<Record<string, string>>;

/** Not a queue: the caller lets one request run at a time. Each throws what `jsonOf` and the line throw. */
export class WebApi {
  readonly #parts: WebApiParts;

  constructor(parts: WebApiParts) {
    this.#parts = parts;
  }

  get(path: string, signal: AbortSignal, headers?: Headers): Promise<HttpJson> {
    return this.#json({ method: 'GET', path }, signal, headers);
  }

  send(
    method: 'POST' | 'PUT',
    path: string,
    value: unknown,
    signal: AbortSignal,
    headers?: Headers,
  ): Promise<HttpJson> {
    return this.#json({ method, path, body: jsonBody(value), ...oneTime(path) }, signal, headers);
  }

  /** The miner's answer as it stands, where firmwares differ in whether it is JSON. */
  async text(path: string, value: unknown, signal: AbortSignal): Promise<string> {
    const { ask, timeoutMs, meanings } = this.#parts;
    const reply = await ask({ method: 'POST', path, body: jsonBody(value), timeoutMs, ...oneTime(path) }, signal);
    return acceptedReply(path, reply, meanings).text.trim();
  }

  async #json(request: Omit<HttpRequest, 'timeoutMs'>, signal: AbortSignal, headers?: Headers): Promise<HttpJson> {
    const { ask, timeoutMs, meanings } = this.#parts;
    const reply = await ask({ ...request, timeoutMs, ...(headers && { headers }) }, signal);
    // Without the query: a log-in may carry its password there.
    return jsonOf(request.path.split('?')[0] ?? request.path, reply, meanings);
  }
}

/** What must not reach a miner twice: a restart, which often takes the connection with it, and a light that toggles. */
function oneTime(path: string): Pick<HttpRequest, 'once'> {
  return /\/(?:reboot|restart|maintenance|identify)$/.test(path) ? { once: true } : {};
}

/** A token that a log-in gives: fetched ahead, and replaced once when the miner no longer accepts it. */
export class Token {
  readonly #logIn: (signal: AbortSignal) => Promise<string>;
  #held: string | undefined;

  constructor(logIn: (signal: AbortSignal) => Promise<string>) {
    this.#logIn = logIn;
  }

  async renew(signal: AbortSignal): Promise<string> {
    this.#held = undefined;
    this.#held = await this.#logIn(signal);
    return this.#held;
  }

  async use<T>(work: (token: string) => Promise<T>, signal: AbortSignal): Promise<T> {
    const held = this.#held;
    if (held === undefined) return await work(await this.renew(signal));
    try {
      return await work(held);
    } catch (error) {
      if (!(error instanceof AdapterError) || error.kind !== 'unauthorised') throw error;
    }
    return await work(await this.renew(signal));
  }
}
