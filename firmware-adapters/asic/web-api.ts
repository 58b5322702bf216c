/** What the adapters of miners with a web interface share: requests answered in JSON, and tokens that a log-in gives. */
import type { Millis } from '#protocol/units.ts';
import type { AdapterContext } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import type { HttpRequest } from '../transport/http.ts';
import { HttpLine, jsonBody } from '../transport/http.ts';
import { DigestLine } from '../transport/http-digest.ts';
import type { HttpJson, StatusMeanings } from '../transport/http-reply.ts';
import { acceptedReply, jsonOf } from '../transport/http-reply.ts';
import { Password } from '../transport/password.ts';
import type { LogInOptions } from './options.ts';

/** A web interface behind a digest log-in, on one connection that is kept. */
export function digestWeb(
  { host, port, username, password_file }: LogInOptions,
  context: AdapterContext,
  timeoutMs: Millis,
): WebApi {
  const { connect, clock } = context;
  const http = new HttpLine({ host, port, connect, clock });
  return new WebApi(new DigestLine(http, username, new Password(password_file, context)), timeoutMs);
}

type Headers = Readonly<Record<string, string>>;

/**
 * JSON over a line: an `HttpLine`, or a `DigestLine` where the miner wants a digest. Not a queue: the caller lets one
 * request run at a time. Each throws what `jsonOf` and the line throw.
 */
export class WebApi {
  readonly #line: Pick<HttpLine, 'ask' | 'close'>;
  readonly #timeoutMs: Millis;
  readonly #meanings: StatusMeanings;

  /** @param meanings what this firmware means by a status, where that differs from the usual */
  constructor(line: Pick<HttpLine, 'ask' | 'close'>, timeoutMs: Millis, meanings: StatusMeanings = {}) {
    this.#line = line;
    this.#timeoutMs = timeoutMs;
    this.#meanings = meanings;
  }

  close(): void {
    this.#line.close();
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
    const request = {
      method: 'POST',
      path,
      body: jsonBody(value),
      timeoutMs: this.#timeoutMs,
      ...oneTime(path),
    } as const;
    return acceptedReply(path, await this.#line.ask(request, signal), this.#meanings).text.trim();
  }

  async #json(request: Omit<HttpRequest, 'timeoutMs'>, signal: AbortSignal, headers?: Headers): Promise<HttpJson> {
    const timed = { ...request, timeoutMs: this.#timeoutMs, ...(headers && { headers }) };
    const reply = await this.#line.ask(timed, signal);
    // Without the query: a log-in may carry its password there.
    return jsonOf(request.path.split('?')[0] ?? request.path, reply, this.#meanings);
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
