/** Speaks with one stock Antminer: its web interface behind a digest, cgminer's socket, and the port with the watts. */
import type { AdapterContext } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { parseCgminerJson } from '../../transport/cgminer-json.ts';
import { accepted } from '../../transport/cgminer-reply.ts';
import { askCgminer } from '../../transport/cgminer-socket.ts';
import { checked } from '../../transport/fields.ts';
import type { HttpBody, HttpReply, HttpRequest } from '../../transport/http.ts';
import { HttpLine } from '../../transport/http.ts';
import { DigestLine } from '../../transport/http-digest.ts';
import type { HttpJson } from '../../transport/http-reply.ts';
import { acceptedReply, jsonOf } from '../../transport/http-reply.ts';
import { Password } from '../../transport/password.ts';
import { ackReply } from './conf.ts';

export type SessionOptions = {
  host: string;
  port: number;
  rpc_port: number;
  power_port: number;
  username: string;
  password_file: string;
};

const READ_TIMEOUT_MS = 5_000;
/** A new configuration is answered once the mining process has been restarted: after some 21 s (asic-rs issue 249). */
const WRITE_TIMEOUT_MS = 40_000;
/** The port is on the same machine: it answers at once, or is not there. */
const POWER_TIMEOUT_MS = 2_000;

/** Not a queue: the caller lets one call run at a time. */
export class AntminerSession {
  readonly #options: SessionOptions;
  readonly #context: AdapterContext;
  readonly #line: HttpLine;
  readonly #power: HttpLine;
  readonly #digest: DigestLine;

  constructor(options: SessionOptions, context: AdapterContext) {
    const { host, port, power_port, username, password_file } = options;
    const { connect, clock } = context;
    this.#options = options;
    this.#context = context;
    this.#line = new HttpLine({ host, port, connect, clock });
    this.#power = new HttpLine({ host, port: power_port, connect, clock });
    this.#digest = new DigestLine(this.#line, username, new Password(password_file, context));
  }

  /** A CGI that reads, such as `stats`. Throws `AdapterError`, or the signal's reason. */
  async read(cgi: string, signal: AbortSignal): Promise<HttpJson> {
    return jsonOf(
      cgi,
      await this.#digest.ask({ method: 'GET', path: pathOf(cgi), timeoutMs: READ_TIMEOUT_MS }, signal),
    );
  }

  /** A CGI that changes something; returns the miner's words. Throws `AdapterError`, or the signal's reason. */
  async write(cgi: string, body: HttpBody, signal: AbortSignal): Promise<string> {
    const request: HttpRequest = { method: 'POST', path: pathOf(cgi), body, timeoutMs: WRITE_TIMEOUT_MS };
    return saidIn(cgi, acceptedReply(cgi, await this.#digest.ask(request, signal)));
  }

  async reboot(signal: AbortSignal): Promise<string> {
    const request: HttpRequest = { method: 'GET', path: pathOf('reboot'), timeoutMs: READ_TIMEOUT_MS, once: true };
    acceptedReply('reboot', await this.#digest.ask(request, signal));
    return 'reboot accepted';
  }

  /** cgminer's socket, for what the web interface of older firmware lacks. */
  async rpc(command: string, signal: AbortSignal): Promise<HttpJson> {
    const { host, rpc_port } = this.#options;
    const { connect, clock } = this.#context;
    const peer = { host, port: rpc_port, connect, clock };
    const { value, repairs } = parseCgminerJson(await askCgminer(peer, { command }, READ_TIMEOUT_MS, signal));
    return { value: accepted(command, value, { 14: ['unsupported', UNKNOWN] }).reply, repairs: repairs.length };
  }

  /** What the power port says, whatever it is. */
  async power(signal: AbortSignal): Promise<string> {
    const request: HttpRequest = { method: 'GET', path: '/miner_power', timeoutMs: POWER_TIMEOUT_MS };
    return (await this.#power.ask(request, signal)).text;
  }

  /** Whether a stranger is asked for the log-in of an Antminer. */
  async asksForLogIn(signal: AbortSignal): Promise<boolean> {
    const request: HttpRequest = { method: 'GET', path: pathOf('get_system_info'), timeoutMs: READ_TIMEOUT_MS };
    const { status, headers } = await this.#line.ask(request, signal);
    return status === 401 && (headers['www-authenticate'] ?? []).some((offer) => offer.includes(REALM));
  }

  close(): void {
    this.#line.close();
    this.#power.close();
  }
}

const REALM = 'antMiner Configuration';
const UNKNOWN = 'this firmware does not know the command';

function pathOf(cgi: string): string {
  return `/cgi-bin/${cgi}.cgi`;
}

/** M000, B000 and B100 are yes. The form of the 17 series is answered with nothing, which is a yes too. */
function saidIn(cgi: string, reply: HttpReply): string {
  if (reply.text.trim() === '') return `status ${reply.status}`;
  const { code, msg, stats } = checked(ackReply, cgi, jsonOf(cgi, reply).value);
  const words = msg ?? stats ?? code ?? 'accepted';
  if (code === undefined || /^(?:M000|B[01]00)$/.test(code)) return words;
  throw new AdapterError('refused', `the miner refused ${cgi} with code ${code}, "${words}"`, { code });
}
