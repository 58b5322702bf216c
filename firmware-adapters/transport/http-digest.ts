/** Digest access authentication, RFC 7616: MD5 and SHA-256, with and without `-sess`, `qop=auth` or none. */
import { hash, randomBytes } from 'node:crypto';
import { AdapterError } from '../errors.ts';
import type { HttpLine, HttpReply, HttpRequest } from './http.ts';
import type { Password } from './password.ts';

type Credentials = { username: string; password: string };

/** What the device last asked for, and how often it has been answered. */
type Challenge = {
  realm: string;
  nonce: string;
  opaque: string | undefined;
  /** As the device writes it; absent where it names none, which stands for MD5. */
  algorithm: string | undefined;
  /** Whether it understands `qop=auth`; devices of before RFC 2617 name none. */
  protects: boolean;
  uses: number;
};

/** Best first. */
const algorithms = ['sha-256', 'sha-256-sess', 'md5', 'md5-sess'];

/**
 * Requests to a device that asks for a digest. The challenge of an earlier reply serves for the requests that follow, so
 * that a warm one costs one round trip. Not a queue: the caller lets one request run at a time.
 */
export class DigestLine {
  readonly #line: HttpLine;
  readonly #username: string;
  readonly #password: Pick<Password, 'get' | 'wrong'>;
  readonly #cnonce: () => string;
  #challenge: Challenge | undefined;

  constructor(
    line: HttpLine,
    username: string,
    password: Pick<Password, 'get' | 'wrong'>,
    cnonce: () => string = () => randomBytes(8).toString('hex'),
  ) {
    this.#line = line;
    this.#username = username;
    this.#password = password;
    this.#cnonce = cnonce;
  }

  /** As `HttpLine.ask`; throws `unauthorised` when the device refuses a fresh answer too, or asks for none we know. */
  async ask(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const username = this.#username;
    const credentials = { username, password: await this.#password.get() };
    const first = await this.#line.ask(this.#answered(request, credentials), signal);
    if (first.status !== 401) return this.#noted(first);
    this.#challenge = challengeIn(first);
    const second = await this.#line.ask(this.#answered(request, credentials), signal);
    if (second.status !== 401) return this.#noted(second);
    this.#challenge = undefined;
    const message = `the device does not accept the password of ${username}`;
    throw this.#password.wrong(new AdapterError('unauthorised', message, { code: 401 }));
  }

  close(): void {
    this.#line.close();
  }

  #answered(request: HttpRequest, credentials: Credentials): HttpRequest {
    const challenge = this.#challenge;
    if (!challenge) return request;
    challenge.uses += 1;
    const authorization = answerTo(challenge, request, credentials, this.#cnonce());
    return { ...request, headers: { ...request.headers, authorization } };
  }

  /** A device may name the nonce that it wants to see next. */
  #noted(reply: HttpReply): HttpReply {
    const info = reply.headers['authentication-info']?.[0];
    const nonce = info === undefined ? undefined : parameters(`Digest ${info}`)[0]?.fields['nextnonce'];
    if (nonce !== undefined && this.#challenge) this.#challenge = { ...this.#challenge, nonce, uses: 0 };
    return reply;
  }
}

function answerTo(
  { realm, nonce, opaque, algorithm, protects, uses }: Challenge,
  { method, path }: HttpRequest,
  { username, password }: Credentials,
  cnonce: string,
): string {
  const name = algorithm?.toLowerCase() ?? 'md5';
  const digest = (text: string) => hash(name.startsWith('sha-256') ? 'sha256' : 'md5', text);
  const secret = digest(`${username}:${realm}:${password}`);
  const key = name.endsWith('-sess') ? digest(`${secret}:${nonce}:${cnonce}`) : secret;
  const count = uses.toString(16).padStart(8, '0');
  const proof = protects ? [nonce, count, cnonce, 'auth'] : [nonce];
  const response = digest([key, ...proof, digest(`${method}:${path}`)].join(':'));
  const fields = [
    `username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(path)}`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    `response="${response}"`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(protects ? ['qop=auth', `nc=${count}`] : []),
    ...(protects || name.endsWith('-sess') ? [`cnonce=${quoted(cnonce)}`] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

/** The best of those it offers. Throws `unauthorised` when none is a digest that we know. */
function challengeIn(reply: HttpReply): Challenge {
  const offered = (reply.headers['www-authenticate'] ?? []).flatMap(parameters);
  const known = offered
    .filter(({ scheme, fields }) => scheme === 'digest' && fields['nonce'] !== undefined)
    .map(({ fields }) => ({ fields, rank: algorithms.indexOf((fields['algorithm'] ?? 'md5').toLowerCase()) }))
    .filter(({ rank }) => rank >= 0)
    .toSorted((one, other) => one.rank - other.rank)[0];
  if (!known) {
    const schemes = offered.map(({ scheme }) => scheme).join(', ');
    const message = `the device wants a log-in that this adapter does not know (${schemes || 'it does not say which'})`;
    throw new AdapterError('unauthorised', message, { code: 401 });
  }
  const { realm = '', nonce = '', opaque, algorithm, qop } = known.fields;
  const protects = qop?.split(',').some((each) => each.trim() === 'auth') ?? false;
  return { realm, nonce, opaque, algorithm, protects, uses: 0 };
}

type Offer = { scheme: string; fields: Record<string, string> };

/** The challenges of one header, which may be several, and their fields by lower-case names. */
function parameters(header: string): Offer[] {
  const offers: Offer[] = [];
  for (const { groups = {} } of header.matchAll(token)) {
    const { name = '', equals, quoted: inQuotes, plain } = groups;
    if (equals === undefined) offers.push({ scheme: name.toLowerCase(), fields: {} });
    const fields = offers.at(-1)?.fields;
    if (fields && equals !== undefined) fields[name.toLowerCase()] = inQuotes?.replace(/\\(.)/g, '$1') ?? plain ?? '';
  }
  return offers;
}

/** A scheme, or a field with its value. Each character is tried once. */
const token = /(?<name>[^\s,="]+)(?:(?<equals>=)(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^\s,"]*)))?/g;

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
