/**
 * Auradine Teraflux with FluxOS: its web API on TCP 8080, and the hash rate from the cgminer socket on 4028.
 *
 * Models: AT1500, AT2880, AI and AD series. Firmware: the maker's sample replies of 2023 to 2026; none was recorded
 * from a miner that mines. The technician must replace the default password `admin` and put the new one in
 * `password_file`.
 *
 * Partial power has no control here: a target in watts (`tune: power`) is known, but not what it may be, and it would
 * take the place of the mode that the miner was in.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity, Recognised } from '../../contract.ts';
import { AdapterError, unless } from '../../errors.ts';
import { parseCgminerJson } from '../../transport/cgminer-json.ts';
import type { Accepted, CodeMeanings } from '../../transport/cgminer-reply.ts';
import { accepted } from '../../transport/cgminer-reply.ts';
import { askCgminer } from '../../transport/cgminer-socket.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import { words } from '../../transport/fields.ts';
import { HttpLine } from '../../transport/http.ts';
import type { HttpJson } from '../../transport/http-reply.ts';
import { Password } from '../../transport/password.ts';
import type { Call, Firmware } from '../miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from '../miner-device.ts';
import { address, passwordFile, portOr } from '../options.ts';
import { Token, WebApi } from '../web-api.ts';
import type { ReadingReplies } from './reading.ts';
import { identityOf, isAuradine, readingOf } from './reading.ts';

const WEB_PORT = 8080;
const CGMINER_PORT = 4028;
/** What only the technician can give: a name for the file until then. */
const suggested = { username: 'admin', password_file: 'auradine.pw' };

const options = z.object({
  host: address,
  /** Of the web API. */
  port: portOr(WEB_PORT),
  cgminer_port: portOr(CGMINER_PORT),
  username: z.string().min(1).default('admin'),
  /** The file whose first line is that user's password, relative to the config's folder. */
  password_file: passwordFile,
});

type AuradineOptions = z.infer<typeof options>;

export const auradine: Adapter<AuradineOptions> = {
  name: 'auradine',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Auradine(given, context), context),
  recognition: {
    ports: [CGMINER_PORT],
    ask: (host, context, signal) =>
      new Auradine({ host, port: WEB_PORT, cgminer_port: CGMINER_PORT, ...suggested }, context).recognise(signal),
  },
};

const TIMEOUT_MS = 5_000;
/** Nobody has published how long a token lives; a dead one is replaced when it is refused. */
const RENEW_MS = 10 * 60_000;
/** Nobody has published how fast it sleeps or wakes: all assumed. */
const SLEEP_SETTLE_MS = 15_000;
const WAKE_SETTLE_MS = 300_000;
const REBOOT_SETTLE_MS = WAKE_SETTLE_MS + 120_000;
/** The maker's sample of a miner whose boards are off: 58.94 W at the power supply's input. */
const RESIDUAL_W = 60;

/** The lamps' patterns: the maker's codes. */
const led = { locate: 3, normal: 2 };

class Auradine implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #given: AuradineOptions;
  readonly #context: AdapterContext;
  readonly #password: Password;
  readonly #api: WebApi;
  readonly #token = new Token((signal) => this.#logIn(signal));

  constructor(given: AuradineOptions, context: AdapterContext) {
    const { host, port } = given;
    const { connect, clock } = context;
    this.#given = given;
    this.#context = context;
    this.#password = new Password(given.password_file, context);
    this.#api = new WebApi(new HttpLine({ host, port, connect, clock }), TIMEOUT_MS);
  }

  close(): void {
    this.#api.close();
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await this.#token.renew(signal);
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    return identityOf((await this.#get('ipreport', signal)).value);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const mode = await this.#get('mode', signal);
    const rest: Record<string, HttpJson | undefined> = {};
    for (const command of ['psu', 'temperature', 'fan']) {
      rest[command] = await unless(['unsupported', 'refused'], this.#get(command, signal));
    }
    // The process that counts the hashes has a port of its own, and may be stopped while the miner sleeps.
    const summary = await unless(['unsupported', 'refused', 'unreachable'], this.#askCgminer('summary', signal));
    const replies: ReadingReplies = {
      mode: mode.value,
      psu: rest['psu']?.value,
      temperature: rest['temperature']?.value,
      fan: rest['fan']?.value,
      summary: summary?.value,
    };
    const repairs = [mode, summary, ...Object.values(rest)].reduce((sum, each) => sum + (each?.repairs ?? 0), 0);
    return { ...readingOf(replies), repairs };
  }

  async recognise(signal: AbortSignal): Promise<Recognised | undefined> {
    const { value } = await this.#askCgminer('version', signal);
    if (!isAuradine(value)) return undefined;
    return { identity: { make: 'Auradine' }, options: suggested };
  }

  controls(line: DeviceLine): Controls {
    return {
      sleep: {
        ...control(line, 'lower', { ...gentle, settle_ms: SLEEP_SETTLE_MS }, this.#post('mode', { sleep: 'on' })),
        residualW: RESIDUAL_W,
      },
      wake: control(line, 'raise', { ...gentle, settle_ms: WAKE_SETTLE_MS }, this.#post('mode', { sleep: 'off' })),
      reboot: rebootControl(
        line,
        { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true },
        this.#post('restart', {}),
      ),
      locate: locateControl(line, this.#post('led', { code: led.locate }), this.#post('led', { code: led.normal })),
    };
  }

  #get(command: string, signal: AbortSignal): Promise<HttpJson> {
    return this.#token.use(async (token) => {
      const { value, repairs } = await this.#api.get(`/${command}`, signal, { Token: token });
      return { value: opened(command, value).reply, repairs };
    }, signal);
  }

  #post(command: string, parameters: object): Call {
    return (signal) =>
      this.#token.use(async (token) => {
        const { value } = await this.#api.send('POST', `/${command}`, { command, ...parameters }, signal, {
          Token: token,
        });
        return opened(command, value).said;
      }, signal);
  }

  async #logIn(signal: AbortSignal): Promise<string> {
    const { username: user } = this.#given;
    const password = await this.#password.get();
    const { value } = await this.#api.send('POST', '/token', { command: 'token', user, password }, signal);
    const given = tokenReply.safeParse(value).data;
    if (given) return given.Token[0].Token;
    const said = refusedLogIn.safeParse(value).data?.STATUS[0].Msg ?? 'nothing';
    throw this.#password.wrong(new AdapterError('unauthorised', `the miner gave ${user} no token, but said "${said}"`));
  }

  async #askCgminer(command: string, signal: AbortSignal): Promise<HttpJson> {
    const { host, cgminer_port: port } = this.#given;
    const { connect, clock } = this.#context;
    const text = await askCgminer({ host, port, connect, clock }, { command }, TIMEOUT_MS, signal);
    const { value, repairs } = parseCgminerJson(text);
    return { value: opened(command, value).reply, repairs: repairs.length };
  }
}

const tokenReply = z.looseObject({ Token: z.tuple([z.looseObject({ Token: z.string().min(1) })], z.unknown()) });

const refusedLogIn = z.looseObject({ STATUS: z.tuple([z.looseObject({ Msg: words })], z.unknown()) });

/** cgminer's own; the maker publishes none for tokens. */
const meanings: CodeMeanings = { 14: ['unsupported', 'this firmware does not know the command'] };

/** As `accepted`; what it says of a token is about ours, whatever its code. */
function opened(command: string, value: unknown): Accepted {
  try {
    return accepted(command, value, meanings);
  } catch (error) {
    if (!(error instanceof AdapterError) || !/\btoken\b/i.test(error.message)) throw error;
    throw new AdapterError('unauthorised', error.message, { cause: error });
  }
}
