/**
 * Innosilicon with stock firmware, its web API on TCP 80.
 *
 * Models: T2, T3 and A-series. Firmware: none was recorded; requests and fields are of pyasic. It is read only: the one
 * command to stop (`poweroff`) has no opposite, and the miner does not say whether it mines. The technician must
 * replace the default password `admin` and put the new one in `password_file`.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import type { DeviceLine } from '../transport/device-line.ts';
import { checked, flag, macIn, quantity, withoutUndefined, words } from '../transport/fields.ts';
import { formBody, HttpLine } from '../transport/http.ts';
import { jsonOf } from '../transport/http-reply.ts';
import { Password } from '../transport/password.ts';
import type { Firmware } from './miner-device.ts';
import { gentle, PlainMiner, rebootControl } from './miner-device.ts';
import type { Reading } from './miner-reading.ts';
import { hottest, megaToTera } from './miner-reading.ts';
import type { LogInOptions } from './options.ts';
import { logInOptions } from './options.ts';
import { Token, WebApi } from './web-api.ts';

const PORT = 80;

const options = logInOptions(PORT, 'admin');

/** Without a log-in it does not say what it is, so it is not looked for. */
export const innosilicon: Adapter<LogInOptions> = {
  name: 'innosilicon',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Innosilicon(given, context), context),
};

const TIMEOUT_MS = 10_000;
/** Nobody has published how long a token lives; a dead one is replaced when the miner says so. */
const RENEW_MS = 10 * 60_000;
/** Assumed. */
const REBOOT_SETTLE_MS = 420_000;

class Innosilicon implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #username: string;
  readonly #password: Password;
  readonly #http: HttpLine;
  readonly #api: WebApi;
  readonly #token = new Token((signal) => this.#logIn(signal));

  constructor(given: LogInOptions, context: AdapterContext) {
    const { host, port } = given;
    const { connect, clock } = context;
    this.#username = given.username;
    this.#password = new Password(given.password_file, context);
    this.#http = new HttpLine({ host, port, connect, clock });
    this.#api = new WebApi(this.#http, TIMEOUT_MS);
  }

  close(): void {
    this.#api.close();
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const overview = await this.#ask('overview', signal);
    return identityOf(overview.value);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const all = await this.#ask('getAll', signal);
    const error = await this.#ask('getErrorDetail', signal);
    return { ...readingOf({ all: all.value, error: error.value }), repairs: all.repairs + error.repairs };
  }

  controls(line: DeviceLine): Controls {
    const capability = { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true };
    return { reboot: rebootControl(line, capability, async (signal) => (await this.#ask('reboot', signal)).said) };
  }

  #ask(what: string, signal: AbortSignal) {
    return this.#token.use(async (token) => {
      const headers = { Authorization: `Bearer ${token}` };
      const { value, repairs } = await this.#api.send('POST', `/api/${what}`, {}, signal, headers);
      const { success, token: state, msg, message } = checked(verdict, what, value);
      const said = msg ?? message ?? '';
      if (success === true) return { value, repairs, said };
      const kind = state === 'expired' ? 'unauthorised' : 'refused';
      throw new AdapterError(kind, `the miner refused ${what}: "${said}"`);
    }, signal);
  }

  async #logIn(signal: AbortSignal): Promise<string> {
    const username = this.#username;
    const body = formBody({ username, password: await this.#password.get() });
    const reply = await this.#http.ask({ method: 'POST', path: '/api/auth', body, timeoutMs: TIMEOUT_MS }, signal);
    const { jwt } = checked(z.looseObject({ jwt: words }), 'auth', jsonOf('/api/auth', reply).value);
    if (jwt !== undefined) return jwt;
    throw this.#password.wrong(new AdapterError('unauthorised', `the miner gave ${username} no token`));
  }
}

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf(replies: { all: unknown; error?: unknown }): Reading {
  const { all } = checked(allReply, 'getAll', replies.all);
  const { code } = checked(errorReply, 'getErrorDetail', replies.error ?? {});
  return withoutUndefined<Reading>({
    powerW: all.power,
    // No source says where it comes from.
    powerFrom: all.power === undefined ? undefined : 'estimate',
    hashrateThs: rateThs(all.total_hash ?? {}),
    chipMaxC: hottest(all.chain.map((board) => board['Temp max'])),
    faults: code === undefined || code === 0 ? [] : [String(code)],
  });
}

export function identityOf(overview: unknown): Identity {
  const { type, version } = checked(overviewReply, 'overview', overview);
  return withoutUndefined<Identity>({
    make: 'Innosilicon',
    model: type,
    firmware: version?.build_date,
    mac: macIn(version?.ethaddr),
  });
}

/** `Hash Rate H` in H/s, or `Hash Rate` in MH/s. */
function rateThs(total: z.infer<typeof totalHash>): number | undefined {
  const [hashes, megahashes] = [total['Hash Rate H'], total['Hash Rate']];
  if (hashes !== undefined) return hashes / 1e12;
  return megaToTera(megahashes);
}

const totalHash = z.looseObject({ 'Hash Rate H': quantity, 'Hash Rate': quantity });
const allReply = z.looseObject({
  all: z.looseObject({
    total_hash: totalHash.nullish(),
    /** Watts. */
    power: quantity,
    /** Degrees Celsius, of the chips of a board. */
    chain: z.array(z.looseObject({ 'Temp max': quantity })).default([]),
  }),
});
const errorReply = z.looseObject({ code: quantity });
const overviewReply = z.looseObject({
  type: words,
  version: z.looseObject({ ethaddr: words, build_date: words }).nullish(),
});
const verdict = z.looseObject({ success: flag, token: words, msg: words, message: words });
