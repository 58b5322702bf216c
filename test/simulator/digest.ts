/** The server's half of an HTTP digest log-in, MD5 with `qop=auth`, as lighttpd has it. */
import { createHash } from 'node:crypto';
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import { hash } from './noise.ts';
import type { WebReply, WebRequest } from './web.ts';

/** lighttpd's own: a nonce is good for ten minutes. */
const NONCE_LIFE_MS: Millis = 600_000;

export class DigestDesk {
  readonly #realm: string;
  readonly #username: string;
  readonly #password: string;
  readonly #clock: SimulatorClock;
  #nonce = '';
  #endsMs: Millis = 0;
  #issued = 0;
  #lastCount = 0;

  constructor(realm: string, login: { username: string; password: string }, clock: SimulatorClock) {
    this.#realm = realm;
    this.#username = login.username;
    this.#password = login.password;
    this.#clock = clock;
  }

  /** The nonce given out counts no more: as after a restart of the web server. */
  forget(): void {
    this.#endsMs = 0;
  }

  /** Undefined when the request may pass; else what to answer. */
  refuse({ method, headers }: WebRequest, uri: string): WebReply | undefined {
    const given = fieldsOf(headers.authorization ?? '');
    const known = given['nonce'] === this.#nonce && this.#clock.monotonic() < this.#endsMs;
    const count = Number.parseInt(given['nc'] ?? '', 16);
    const key = md5(`${this.#username}:${this.#realm}:${this.#password}`);
    const proof = [given['nonce'], given['nc'], given['cnonce'], given['qop']].join(':');
    const right = given['response'] === md5(`${key}:${proof}:${md5(`${method}:${uri}`)}`) && given['uri'] === uri;
    if (known && right && count > this.#lastCount) {
      this.#lastCount = count;
      return undefined;
    }
    return this.#challenge(right && !known);
  }

  #challenge(stale: boolean): WebReply {
    this.#issued += 1;
    this.#nonce = hash(`${this.#realm}/${this.#password}/${this.#issued}`).toString(16).padStart(8, '0').repeat(4);
    this.#endsMs = this.#clock.monotonic() + NONCE_LIFE_MS;
    this.#lastCount = 0;
    const offer = `Digest realm="${this.#realm}", nonce="${this.#nonce}", qop="auth"${stale ? ', stale=true' : ''}`;
    const page = '<html><head><title>401 Unauthorized</title></head><body></body></html>';
    return { status: 401, headers: { 'www-authenticate': offer, 'content-type': 'text/html' }, body: page };
  }
}

function fieldsOf(header: string): Record<string, string> {
  const pairs = header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g);
  return Object.fromEntries([...pairs].map(([, name = '', inQuotes, plain]) => [name, inQuotes ?? plain ?? '']));
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
