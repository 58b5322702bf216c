/** The GraphQL interface of Braiins OS before 25.07, and LuCI's beside it, both behind cookies that a log-in gives. */
import * as z from 'zod';
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import type { AdapterContext, DeviceReading, Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked } from '../../transport/fields.ts';
import type { HttpReply, HttpRequest } from '../../transport/http.ts';
import { formBody, HttpLine, jsonBody } from '../../transport/http.ts';
import type { HttpJson } from '../../transport/http-reply.ts';
import { jsonOf } from '../../transport/http-reply.ts';
import { Password } from '../../transport/password.ts';
import { LockOut } from '../lock-out.ts';
import type { Call } from '../miner-device.ts';
import { Token } from '../web-api.ts';
import type { BraiinsApi, BraiinsOptions } from './api.ts';
import { EVENTS_QUERY, identityOf, READING_QUERY, readingOf } from './graphql-reading.ts';

const TIMEOUT_MS = 10_000;

const LOG_IN_QUERY =
  'mutation ($username: String!, $password: String!) { auth { login(username: $username, password: $password) { __typename } } }';

export class BraiinsGraphql implements BraiinsApi {
  /** It is applied by a restart (hass-miner issue 586). */
  readonly targetRestarts = true;
  readonly range: Range | undefined;
  readonly mostW: Watts | undefined;
  readonly #options: BraiinsOptions;
  readonly #line: HttpLine;
  readonly #password: Password;
  readonly #token: Token;
  #hasEvents = true;

  constructor(options: BraiinsOptions, context: AdapterContext) {
    const { host, port, password_file, power_target_w } = options;
    const { connect, clock } = context;
    this.#options = options;
    // This interface does not say what a target may be.
    this.range = power_target_w && { ...power_target_w, step: 1, unit: 'watts' };
    this.mostW = power_target_w?.max;
    this.#line = new HttpLine({ host, port, connect, clock });
    this.#password = new Password(password_file, context);
    const lock = new LockOut(clock);
    this.#token = new Token((signal) => lock.respect(() => this.#logIn(signal)));
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const system = await this.#query(READING_QUERY, {}, signal);
    return identityOf(system.value, await this.#network(signal));
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const system = await this.#query(READING_QUERY, {}, signal);
    const events = this.#hasEvents ? await this.#events(signal) : undefined;
    return { ...readingOf(system.value, events?.value), repairs: system.repairs + (events?.repairs ?? 0) };
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await this.#token.renew(signal);
  }

  get pause(): Call {
    return this.#mutation(['bosminer', 'stop'], 'stop { __typename }', {}, 'stopped');
  }

  get resume(): Call {
    return this.#mutation(['bosminer', 'start'], 'start { __typename }', {}, 'started');
  }

  get reboot(): Call {
    return this.#mutation(['bos', 'reboot'], 'reboot { __typename }', {}, 'reboots', true);
  }

  locate(on: boolean): Call {
    const light = ['bos', 'setFaultLight'];
    return this.#mutation(
      light,
      'setFaultLight(enable: $on) { __typename }',
      { on: ['Boolean!', on] },
      'light switched',
    );
  }

  setTarget(watts: Watts): Call {
    const update =
      'config { updateAutotuning(input: { enabled: true, powerTarget: $watts }, apply: true) { __typename } }';
    const target = ['bosminer', 'config', 'updateAutotuning'];
    return this.#mutation(target, update, { watts: ['Int!', Math.round(watts)] }, `target of ${watts} W accepted`);
  }

  close(): void {
    this.#line.close();
  }

  /** Results are unions of a success and errors, which the name of their type tells apart. */
  #mutation(
    path: readonly string[],
    selection: string,
    variables: Record<string, [type: string, value: unknown]>,
    done: string,
    once = false,
  ): Call {
    const declared = Object.entries(variables).map(([name, [type]]) => `$${name}: ${type}`);
    const given = Object.fromEntries(Object.entries(variables).map(([name, [, value]]) => [name, value]));
    const heading = declared.length > 0 ? `mutation (${declared.join(', ')})` : 'mutation';
    return async (signal) => {
      const { value } = await this.#query(`${heading} { ${path[0]} { ${selection} } }`, given, signal, once);
      const type = typeNameAt(value, path);
      if (type?.endsWith('Error'))
        throw new AdapterError('refused', `the miner refused ${path.join('.')}: ${type}`, { code: type });
      return done;
    };
  }

  async #events(signal: AbortSignal): Promise<HttpJson | undefined> {
    try {
      return await this.#query(EVENTS_QUERY, {}, signal);
    } catch (error) {
      if (!(error instanceof AdapterError) || error.kind !== 'refused') throw error;
      this.#hasEvents = false;
      return undefined;
    }
  }

  #query(query: string, variables: object, signal: AbortSignal, once = false): Promise<HttpJson> {
    const request = { method: 'POST', path: '/graphql', body: jsonBody({ query, variables }), once } as const;
    return this.#token.use(async (session) => dataOf(await this.#ask(request, session, signal)), signal);
  }

  /** The MAC is on a page of LuCI alone, which has a log-in of its own. Nothing where that is not to be had. */
  async #network(signal: AbortSignal): Promise<unknown> {
    const luci = '/cgi-bin/luci';
    try {
      const { username } = this.#options;
      const body = formBody({ luci_username: username, luci_password: await this.#password.get() });
      const session = sessionIn(await this.#ask({ method: 'POST', path: luci, body }, '', signal));
      const page = await this.#ask(
        { method: 'GET', path: `${luci}/admin/network/iface_status/lan` },
        session ?? '',
        signal,
      );
      return jsonOf('iface_status', page).value;
    } catch (error) {
      if (!(error instanceof AdapterError) || error.kind === 'unreachable' || error.kind === 'timedOut') throw error;
      return undefined;
    }
  }

  /** Empty where no cookie is given: then none is needed, or the next request is refused. */
  async #logIn(signal: AbortSignal): Promise<string> {
    const variables = { username: this.#options.username, password: await this.#password.get() };
    const body = jsonBody({ query: LOG_IN_QUERY, variables });
    const reply = await this.#ask({ method: 'POST', path: '/graphql', body }, '', signal);
    try {
      const type = typeNameAt(dataOf(reply).value, ['auth', 'login']);
      if (type?.endsWith('Error'))
        throw new AdapterError('unauthorised', `the log-in ended in ${type}`, { code: type });
    } catch (error) {
      if (!(error instanceof AdapterError) || error.kind !== 'unauthorised') throw error;
      throw this.#password.wrong(error);
    }
    return sessionIn(reply) ?? '';
  }

  #ask(request: Omit<HttpRequest, 'timeoutMs'>, session: string, signal: AbortSignal): Promise<HttpReply> {
    const headers = session === '' ? {} : { headers: { cookie: `session_id=${session}` } };
    return this.#line.ask({ ...request, ...headers, timeoutMs: TIMEOUT_MS }, signal);
  }
}

/** `data` of a reply. Throws `unauthorised` or `refused` with the miner's own words when it lists errors. */
function dataOf(reply: HttpReply): HttpJson {
  const { value, repairs } = jsonOf('graphql', reply);
  const { data, errors } = checked(graphqlReply, 'graphql', value);
  const complaint = errors?.[0]?.message;
  if (complaint === undefined) return { value: data, repairs };
  const kind = /unauth|not logged|permission|access/i.test(complaint) ? 'unauthorised' : 'refused';
  throw new AdapterError(kind, `the miner refused a query: "${complaint.slice(0, 200)}"`);
}

const graphqlReply = z.looseObject({
  data: z.unknown().optional(),
  errors: z.array(z.looseObject({ message: z.string() })).nullish(),
});

function typeNameAt(data: unknown, path: readonly string[]): string | undefined {
  const at = path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), data);
  const name = isObject(at) ? at['__typename'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function sessionIn({ headers }: HttpReply): string | undefined {
  const cookies = (headers['set-cookie'] ?? []).flatMap((cookie) => cookie.split(';'));
  return cookies
    .map((each) => each.trim())
    .find((each) => each.startsWith('session_id='))
    ?.slice('session_id='.length);
}
