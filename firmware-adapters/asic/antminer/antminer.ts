/**
 * Bitmain Antminer with stock firmware: CGIs behind a digest log-in on port 80.
 *
 * Models: S19 to S21 series and their T, Pro, XP and Hyd kin; the 17 series by its own form. Firmware: 2019 and later,
 * as public clients of it describe it; no reply of a web interface was recorded from a device whose model is sure. S19 XP
 * Hyd, S21 and S21 Pro say their watts on port 6060; of all others only a meter knows.
 *
 * The technician must replace the default password `root` and put the new one in `password_file`, and set `wake_mode`
 * where the miner does not run in mode 0 (normal): 2 is high, or high efficiency on an S19K Pro, 3 is low. It is what a
 * miner wakes into whose mode before it slept this process has not seen.
 *
 * There is no partial power: the modes are all there is, and each change writes flash and restarts the mining process.
 * Builds differ in which of two names of the mode they look at, and whether they take it as a number or as text; they
 * acknowledge all of it. So both names are written, and after an acknowledgement in vain, text is tried in place of
 * numbers.
 *
 * Numbers are from users' reports where so said. None has a meter trace behind it: they are priors until the agent has
 * learned its own.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity, Recognised } from '../../contract.ts';
import type { AdapterErrorKind } from '../../errors.ts';
import { unless } from '../../errors.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import { jsonBody } from '../../transport/http.ts';
import type { HttpJson } from '../../transport/http-reply.ts';
import type { Firmware } from '../miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from '../miner-device.ts';
import { address, passwordFile, portOr } from '../options.ts';
import { AntminerMode } from './mode.ts';
import { identityOf, readingOf, stockModelIn } from './reading.ts';
import { AntminerSession } from './session.ts';

const PORT = 80;
const RPC_PORT = 4028;
/** What only the technician can give: a name for the file until then. */
const suggested = { password_file: 'antminer.pw' };

const options = z.object({
  host: address,
  port: portOr(PORT),
  /** cgminer's socket, asked where the web interface has no answer. */
  rpc_port: portOr(RPC_PORT),
  /** Where some models say their watts. */
  power_port: portOr(6060),
  username: z.string().min(1).default('root'),
  /** The file whose first line is the password of the web interface, relative to the config's folder. */
  password_file: passwordFile,
  /** The mode to wake into while the miner's own from before is not known. */
  wake_mode: z.union([z.literal(0), z.literal(2), z.literal(3)]).default(0),
});

type AntminerOptions = z.infer<typeof options>;

export const antminer: Adapter<AntminerOptions> = {
  name: 'antminer',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Antminer(given, context), context),
  recognition: { ports: [PORT], ask: recognise },
};

/** Assumed: the mining process has been restarted by the time of the answer, and the hash boards rest. */
const SLEEP_SETTLE_MS = 5_000;
/** Assumed: start of the mining process and frequency search. */
const WAKE_SETTLE_MS = 300_000;
/** Two minutes assumed for the boot of the control board, then as after a wake. */
const REBOOT_SETTLE_MS = WAKE_SETTLE_MS + 120_000;
/** Assumed: the figure LuxOS gives for the same machines. */
const RESIDUAL_W = 25;

/** The mode is in the configuration, which is a file; the mining process is restarted with it. */
const configured = { restarts: true, persistent: true, min_interval_s: 0 };

/** Of a sleeping miner, whose mining process need not answer. */
const silence: AdapterErrorKind[] = ['unreachable', 'timedOut', 'refused', 'unsupported', 'malformed'];

class Antminer implements Firmware {
  /** How old the identity may be, and the answer to whether it says its watts. */
  readonly renewMs = 10 * 60_000;
  readonly #session: AntminerSession;
  readonly #mode: AntminerMode;
  /** Whether the web interface has the readings; undefined until asked. */
  #webReads: boolean | undefined;
  #tellsPower = true;

  constructor(given: AntminerOptions, context: AdapterContext) {
    this.#session = new AntminerSession(given, context);
    this.#mode = new AntminerMode(this.#session, given.wake_mode, context.clock);
  }

  close(): void {
    this.#session.close();
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    return identityOf((await this.#session.read('get_system_info', signal)).value);
  }

  async prepare(signal: AbortSignal): Promise<void> {
    this.#tellsPower = true;
    await this.#mode.look(signal);
  }

  controls(line: DeviceLine): Controls {
    const blink = (on: boolean) => (signal: AbortSignal) =>
      this.#session.write('blink', jsonBody({ blink: on }), signal);
    return {
      sleep: {
        ...control(line, 'lower', { ...configured, settle_ms: SLEEP_SETTLE_MS }, (signal) => this.#mode.sleep(signal)),
        residualW: RESIDUAL_W,
      },
      wake: control(line, 'raise', { ...configured, settle_ms: WAKE_SETTLE_MS }, (signal) => this.#mode.wake(signal)),
      reboot: rebootControl(line, { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true }, (signal) =>
        this.#session.reboot(signal),
      ),
      locate: locateControl(line, blink(true), blink(false)),
    };
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const conf = await unless(['unsupported'], this.#mode.look(signal));
    const sleeps = this.#mode.sleeps;
    const bearable = sleeps === true ? silence : [];
    const stats = await unless(bearable, this.#stats(signal));
    const summary = await unless(silence, this.#webReads ? this.#session.read('summary', signal) : nothing());
    const pools = await unless(silence, this.#ask('pools', signal));
    const power = await this.#power(signal);
    const replies = { stats: stats?.value, summary: summary?.value, pools: pools?.value, power, sleeps };
    const repairs = [conf, stats, summary, pools].reduce((sum, reply) => sum + (reply?.repairs ?? 0), 0);
    return { ...readingOf(replies), repairs };
  }

  /** The 17 series and older have no such CGI. */
  async #stats(signal: AbortSignal): Promise<HttpJson> {
    if (this.#webReads === false) return await this.#ask('stats', signal);
    const fromWeb = await unless(['unsupported'], this.#session.read('stats', signal));
    this.#webReads = fromWeb !== undefined;
    return fromWeb ?? (await this.#ask('stats', signal));
  }

  #ask(what: string, signal: AbortSignal): Promise<HttpJson> {
    return this.#webReads ? this.#session.read(what, signal) : this.#session.rpc(what, signal);
  }

  /** Most models have no such port: one that does not answer is asked again when the session is warmed. */
  async #power(signal: AbortSignal): Promise<string | undefined> {
    if (!this.#tellsPower) return undefined;
    const text = await unless(silence, this.#session.power(signal));
    this.#tellsPower = text !== undefined;
    return text;
  }
}

async function nothing(): Promise<undefined> {}

/** Who it is in full only its password tells; the socket says the model to anybody, and whose firmware it is. */
async function recognise(host: string, context: AdapterContext, signal: AbortSignal): Promise<Recognised | undefined> {
  const session = new AntminerSession(options.parse({ host, ...suggested }), context);
  try {
    if (!(await session.asksForLogIn(signal))) return undefined;
    const version = await unless(silence, session.rpc('version', signal));
    const model = version && stockModelIn(version.value);
    // The socket may be closed; but what it says is not stock belongs to another adapter.
    if (version && model === undefined) return undefined;
    return { identity: { make: 'Bitmain', ...(model !== undefined && { model }) }, options: suggested };
  } finally {
    session.close();
  }
}
