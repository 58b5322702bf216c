/**
 * Goldshell, its web API on TCP 80.
 *
 * Models: HS, CK, KD, LB, LT, SC, AL and E-series boxes and racks. Firmware: none was recorded; requests and fields are
 * of public clients of 2021 to 2026. Sleep needs a power plan for it, which newer firmware of most models has: where
 * the miner lists none, it is read only. The technician must replace the default password `123456789` and put the new
 * one in `password_file`.
 *
 * The web server takes one request at a time and answers about one in 200 with a false 401 when there are more: requests
 * queue, and a 401 is believed only after a fresh log-in.
 */
import { createCipheriv } from 'node:crypto';
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity, Recognised } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import { HttpLine } from '../../transport/http.ts';
import type { HttpJson } from '../../transport/http-reply.ts';
import { Password } from '../../transport/password.ts';
import type { Firmware } from '../miner-device.ts';
import { control, gentle, PlainMiner } from '../miner-device.ts';
import type { LogInOptions } from '../options.ts';
import { logInOptions } from '../options.ts';
import { Token, WebApi } from '../web-api.ts';
import type { Setting } from './reading.ts';
import { identityOf, isAsleep, planLevel, readingOf, settingOf, withPlanOf } from './reading.ts';

const PORT = 80;
/** What only the technician can give: a name for the file until then. */
const suggested = { username: 'admin', password_file: 'goldshell.pw' };

const options = logInOptions(PORT, 'admin');

export const goldshell: Adapter<LogInOptions> = {
  name: 'goldshell',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Goldshell(given, context), context),
  recognition: {
    ports: [PORT],
    ask: (host, context, signal) => new Goldshell({ host, port: PORT, ...suggested }, context).recognise(signal),
  },
};

const TIMEOUT_MS = 10_000;
/** Nobody has published how long a token lives; a dead one is replaced when it is refused. */
const RENEW_MS = 10 * 60_000;
/** Nobody has published how fast a change of plan acts: all assumed. */
const SLEEP_SETTLE_MS = 30_000;
const WAKE_SETTLE_MS = 300_000;
/** Assumed, as of other miners with their boards off. */
const RESIDUAL_W = 30;

/** A change of plan is written to flash; how the mining process takes it is not known, so a restart is assumed. */
const plan = { ...gentle, restarts: true, persistent: true };

class Goldshell implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #username: string;
  readonly #password: Password;
  readonly #api: WebApi;
  readonly #token = new Token((signal) => this.#logIn(signal));
  /** As the miner last told it: no older than the last reading. */
  #setting: Setting | undefined;
  /** The plan that was in force before the last sleep; the miner does not remember it. */
  #awakePlan: number | undefined;

  constructor(given: LogInOptions, context: AdapterContext) {
    const { host, port } = given;
    const { connect, clock } = context;
    this.#username = given.username;
    this.#password = new Password(given.password_file, context);
    this.#api = new WebApi(new HttpLine({ host, port, connect, clock }), TIMEOUT_MS);
  }

  close(): void {
    this.#api.close();
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await this.#look(signal);
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const status = await this.#api.get('/mcb/status', signal);
    const { setting } = await this.#look(signal);
    return identityOf(status.value, setting);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const { setting, repairs } = await this.#look(signal);
    const devs = await this.#get('/mcb/cgminer?cgminercmd=devs', signal);
    return { ...readingOf(setting, devs.value), repairs: repairs + devs.repairs };
  }

  /** Its model needs no password; the rest does. */
  async recognise(signal: AbortSignal): Promise<Recognised> {
    try {
      const status = await this.#api.get('/mcb/status', signal);
      return { identity: identityOf(status.value), options: suggested };
    } finally {
      this.close();
    }
  }

  controls(line: DeviceLine): Controls {
    // Taken for granted until the miner has listed its plans.
    if (this.#setting && !withPlanOf(planLevel.sleep, this.#setting)) return {};
    return {
      sleep: {
        ...control(line, 'lower', { ...plan, settle_ms: SLEEP_SETTLE_MS }, (signal) => this.#sleep(signal)),
        residualW: RESIDUAL_W,
      },
      wake: control(line, 'raise', { ...plan, settle_ms: WAKE_SETTLE_MS }, (signal) => this.#wake(signal)),
    };
  }

  async #sleep(signal: AbortSignal): Promise<string> {
    const setting = this.#setting ?? (await this.#look(signal)).setting;
    if (isAsleep(setting) === false) this.#awakePlan = setting.select;
    return await this.#select(withPlanOf(planLevel.sleep, setting), signal);
  }

  async #wake(signal: AbortSignal): Promise<string> {
    const setting = this.#setting ?? (await this.#look(signal)).setting;
    const before = this.#awakePlan === undefined ? undefined : { ...setting, select: this.#awakePlan };
    return await this.#select(before ?? withPlanOf(planLevel.normal, setting), signal);
  }

  async #select(wanted: Setting | undefined, signal: AbortSignal): Promise<string> {
    if (!wanted) throw new AdapterError('unsupported', 'the miner has no power plan for this');
    const { value } = await this.#authorised(
      (headers) => this.#api.send('PUT', '/mcb/setting', wanted, signal, headers),
      signal,
    );
    this.#setting = wanted;
    return JSON.stringify(value).slice(0, LONGEST_WORDS);
  }

  async #look(signal: AbortSignal): Promise<{ setting: Setting; repairs: number }> {
    const { value, repairs } = await this.#get('/mcb/setting', signal);
    const setting = settingOf(value);
    this.#setting = setting;
    if (isAsleep(setting) === false) this.#awakePlan = setting.select;
    return { setting, repairs };
  }

  #get(path: string, signal: AbortSignal): Promise<HttpJson> {
    return this.#authorised((headers) => this.#api.get(path, signal, headers), signal);
  }

  #authorised<T>(ask: (headers: Record<string, string>) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#token.use((token) => ask({ Authorization: `Bearer ${token}` }), signal);
  }

  /** Older firmware takes the password as it is, newer wants it under a cipher that every browser page of it carries. */
  async #logIn(signal: AbortSignal): Promise<string> {
    const username = this.#username;
    const password = await this.#password.get();
    for (const [secret, cipher] of [
      [password, 'false'],
      [ciphered(password), 'true'],
    ] as const) {
      const query = new URLSearchParams({ username, password: secret, cipher });
      const token = await this.#tokenFrom(`/user/login?${query}`, signal);
      if (token !== undefined) return token;
    }
    throw this.#password.wrong(new AdapterError('unauthorised', `the miner gave ${username} no token`));
  }

  /** Undefined for every way in which it says no: an empty page, a status, or JSON without a token. */
  async #tokenFrom(path: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return tokenReply.safeParse((await this.#api.get(path, signal)).value).data?.['JWT Token'];
    } catch (error) {
      const saysNo = error instanceof AdapterError && ['malformed', 'unauthorised', 'refused'].includes(error.kind);
      if (!saysNo) throw error;
      return undefined;
    }
  }
}

const tokenReply = z.looseObject({ 'JWT Token': z.string().min(1) });

/** Characters. */
const LONGEST_WORDS = 200;

/** AES-128 in CBC over the password and zeros, with the key and the vector that the miner's own page has. */
export function ciphered(password: string): string {
  const bytes = Buffer.from(password);
  const padded = Buffer.alloc(Math.max(16, Math.ceil(bytes.length / 16) * 16));
  bytes.copy(padded);
  const cipher = createCipheriv('aes-128-cbc', Buffer.alloc(16, '!'), Buffer.alloc(16));
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('hex');
}
