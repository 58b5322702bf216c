/** Speaks with one VNish miner: reads, which most builds let anybody do, and commands, which need its token. */
import * as z from 'zod';
import type { AdapterContext } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked } from '../../transport/fields.ts';
import type { HttpRequest } from '../../transport/http.ts';
import { HttpLine, jsonBody } from '../../transport/http.ts';
import type { HttpJson } from '../../transport/http-reply.ts';
import { acceptedReply, jsonOf } from '../../transport/http-reply.ts';
import { Password } from '../../transport/password.ts';
import { LockOut } from '../lock-out.ts';
import { Token } from '../web-api.ts';

export type SessionOptions = { host: string; port: number; password_file: string };

const TIMEOUT_MS = 10_000;

/** Not a queue: the caller lets one call run at a time. */
export class VnishSession {
  readonly #line: HttpLine;
  readonly #password: Password;
  readonly #token: Token;
  /** This build wants the token for readings too. */
  #readsNeedToken = false;

  constructor({ host, port, password_file }: SessionOptions, context: AdapterContext) {
    const { connect, clock } = context;
    this.#line = new HttpLine({ host, port, connect, clock });
    const lock = new LockOut(clock);
    this.#password = new Password(password_file, context);
    this.#token = new Token((signal) => lock.respect(() => this.#unlock(signal)));
  }

  /** Fetches the token that commands need. */
  async prepare(signal: AbortSignal): Promise<void> {
    await this.#token.renew(signal);
  }

  /** Throws `AdapterError`, or the signal's reason. */
  async read(path: string, signal: AbortSignal): Promise<HttpJson> {
    const get = (headers?: HttpRequest['headers']) => this.#ask('GET', path, headers && { headers }, signal);
    if (!this.#readsNeedToken) {
      try {
        return await get();
      } catch (error) {
        if (!(error instanceof AdapterError) || error.code !== 401) throw error;
        this.#readsNeedToken = true;
      }
    }
    return await this.#token.use((token) => get(bearer(token)), signal);
  }

  /** A command; its answer may be empty. Throws `AdapterError`, or the signal's reason. */
  async command(path: string, value: unknown, signal: AbortSignal, once = false): Promise<HttpJson> {
    const send = (token: string) => {
      const body = value === undefined ? {} : { body: jsonBody(value) };
      return this.#ask('POST', path, { headers: bearer(token), once, ...body }, signal);
    };
    return await this.#token.use(send, signal);
  }

  close(): void {
    this.#line.close();
  }

  async #unlock(signal: AbortSignal): Promise<string> {
    const body = jsonBody({ pw: await this.#password.get() });
    try {
      const { value } = await this.#ask('POST', 'unlock', { body }, signal);
      return checked(z.looseObject({ token: z.string() }), 'unlock', value).token;
    } catch (error) {
      if (!(error instanceof AdapterError) || error.kind !== 'unauthorised') throw error;
      throw this.#password.wrong(error);
    }
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    more: Partial<HttpRequest> | undefined,
    signal: AbortSignal,
  ): Promise<HttpJson> {
    const reply = await this.#line.ask({ method, path: `/api/v1/${path}`, timeoutMs: TIMEOUT_MS, ...more }, signal);
    if (acceptedReply(path, reply).text.trim() === '') return { value: undefined, repairs: 0 };
    return jsonOf(path, reply);
  }
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
