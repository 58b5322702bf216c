/** The REST interface of Braiins OS from 25.07 on: JSON, and a token that a log-in gives and each use renews. */
import * as z from 'zod';
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import type { AdapterContext, DeviceReading, Identity } from '../../contract.ts';
import { AdapterError, unless } from '../../errors.ts';
import { checked } from '../../transport/fields.ts';
import type { HttpRequest } from '../../transport/http.ts';
import { HttpLine, jsonBody } from '../../transport/http.ts';
import type { HttpJson } from '../../transport/http-reply.ts';
import { acceptedReply, jsonOf } from '../../transport/http-reply.ts';
import { Password } from '../../transport/password.ts';
import { LockOut } from '../lock-out.ts';
import type { Call } from '../miner-device.ts';
import { Token } from '../web-api.ts';
import type { BraiinsApi, BraiinsOptions } from './api.ts';
import type { RestReplies } from './reading.ts';
import { identityOf, isRestVersion, readingOf, targetRange } from './reading.ts';

const TIMEOUT_MS = 10_000;
/** The first must be answered. */
const readPaths = [
  'miner/details',
  'miner/stats',
  'miner/hw/hashboards',
  'cooling/state',
  'configuration/miner',
  'miner/errors',
  'pools',
] as const;

export class BraiinsRest implements BraiinsApi {
  /** By users' reports (hass-miner issue 586). */
  readonly targetRestarts = false;
  #target: ReturnType<typeof targetRange>;
  readonly #options: BraiinsOptions;
  readonly #line: HttpLine;
  readonly #password: Password;
  readonly #token: Token;
  #ramps = false;

  constructor(options: BraiinsOptions, context: AdapterContext) {
    const { host, port, password_file } = options;
    const { connect, clock } = context;
    this.#options = options;
    this.#line = new HttpLine({ host, port, connect, clock });
    this.#password = new Password(password_file, context);
    const lock = new LockOut(clock);
    this.#token = new Token((signal) => lock.respect(() => this.#logIn(signal)));
  }

  /** Whether the miner has this interface: asked without a password. */
  async answers(signal: AbortSignal): Promise<boolean> {
    try {
      return isRestVersion((await this.#ask('GET', 'version', undefined, signal)).value);
    } catch (error) {
      if (error instanceof AdapterError && error.kind !== 'unreachable' && error.kind !== 'timedOut') return false;
      throw error;
    }
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    return identityOf((await this.#get('miner/details', signal)).value);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const replies: RestReplies = { 'miner/details': undefined };
    let repairs = 0;
    for (const path of readPaths) {
      // Not every version has every path.
      const reply = await unless(path === 'miner/details' ? [] : ['unsupported'], this.#get(path, signal));
      replies[path] = reply?.value;
      repairs += reply?.repairs ?? 0;
    }
    return { ...readingOf(replies), repairs };
  }

  /** A paused miner goes down and up as fast as it is told here; once a process, as it is written to flash. */
  async prepare(signal: AbortSignal): Promise<void> {
    await this.#token.renew(signal);
    this.#target ??= targetRange(
      (await unless(['unsupported'], this.#get('configuration/constraints', signal)))?.value,
    );
    const { quick_ramping } = this.#options;
    if (!quick_ramping || this.#ramps) return;
    await this.#put('performance/quick-ramping', quick_ramping)(signal);
    this.#ramps = true;
  }

  get range(): Range | undefined {
    return this.#target?.range;
  }

  get mostW(): Watts | undefined {
    return this.#target?.most;
  }

  get pause(): Call {
    return this.#action('pause', 'paused');
  }

  get resume(): Call {
    return this.#action('resume', 'resumed');
  }

  get reboot(): Call {
    return this.#action('reboot', 'reboots', true);
  }

  locate(on: boolean): Call {
    return async (signal) => {
      await this.#put('actions/locate', on)(signal);
      return on ? 'blinks' : 'blinks no more';
    };
  }

  setTarget(watt: Watts): Call {
    return async (signal) => {
      await this.#put('performance/power-target', { watt })(signal);
      return `target of ${watt} W accepted`;
    };
  }

  close(): void {
    this.#line.close();
  }

  /** The miner answers whether it was so already. */
  #action(name: string, done: string, once = false): Call {
    return async (signal) => {
      const { value } = await this.#put(`actions/${name}`, undefined, once)(signal);
      return value === true ? `${done} already` : done;
    };
  }

  #put(path: string, value: unknown, once = false) {
    return (signal: AbortSignal) => {
      const body = value === undefined ? {} : { body: jsonBody(value) };
      return this.#token.use((token) => this.#ask('PUT', path, { once, ...body, ...bearing(token) }, signal), signal);
    };
  }

  #get(path: string, signal: AbortSignal): Promise<HttpJson> {
    return this.#token.use((token) => this.#ask('GET', path, bearing(token), signal), signal);
  }

  /** Without a password set, the path of the log-in may be missing, and no token is asked for: then it is empty. */
  async #logIn(signal: AbortSignal): Promise<string> {
    const { username } = this.#options;
    const body = jsonBody({ username, password: await this.#password.get() });
    try {
      const { value } = await this.#ask('POST', 'auth/login', { body }, signal);
      return checked(z.looseObject({ token: z.string() }), 'auth/login', value).token;
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      if (error.kind === 'unsupported') return '';
      if (error.kind !== 'unauthorised') throw error;
      throw this.#password.wrong(error);
    }
  }

  async #ask(
    method: HttpRequest['method'],
    path: string,
    more: Partial<HttpRequest> | undefined,
    signal: AbortSignal,
  ): Promise<HttpJson> {
    const reply = await this.#line.ask({ method, path: `/api/v1/${path}`, timeoutMs: TIMEOUT_MS, ...more }, signal);
    // An action may be answered with nothing.
    if (acceptedReply(path, reply).text.trim() === '') return { value: undefined, repairs: 0 };
    return jsonOf(path, reply);
  }
}

/** As it is, without "Bearer". */
function bearing(token: string): Partial<HttpRequest> {
  return token === '' ? {} : { headers: { authorization: token } };
}
