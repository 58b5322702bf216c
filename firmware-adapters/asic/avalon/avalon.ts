/**
 * Canaan Avalon, its cgminer API on TCP 4028.
 *
 * Models: A10 to A15 series, Q, Mini 3, Nano 3S. Firmware: replies of an A1246 (2021), an A1566 (2024) and a Q (2025)
 * were recorded. There is no password: whoever reaches the port commands the miner, so the miners' network must be
 * closed. The technician has nothing to switch on.
 *
 * Sleeping and waking are appointments: the miner does it at a time of its own clock. Miners without a time server
 * count from 1970 at each start, and an appointment by our clock would then be decades off; so it is made by theirs,
 * which every reply tells.
 *
 * Partial power has no control here: a change of work mode takes a reboot, and `worklevel` is documented nowhere.
 */
import type { Millis, Seconds } from '#protocol/units.ts';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { parseCgminerJson } from '../../transport/cgminer-json.ts';
import type { CodeMeanings } from '../../transport/cgminer-reply.ts';
import { accepted } from '../../transport/cgminer-reply.ts';
import { askCgminer } from '../../transport/cgminer-socket.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import type { Peer } from '../../transport/one-connection.ts';
import type { Firmware } from '../miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from '../miner-device.ts';
import type { AddressOptions } from '../options.ts';
import { addressOptions } from '../options.ts';
import { clockOf, hasLamp, identityOf, readingOf } from './reading.ts';

const PORT = 4028;

const options = addressOptions(PORT);

export const avalon: Adapter<AddressOptions> = {
  name: 'avalon',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Avalon(given, context), context),
  recognition: {
    ports: [PORT],
    ask: async (host, context, signal) => ({
      identity: await new Avalon({ host, port: PORT }, context).identify(signal),
    }),
  },
};

const TIMEOUT_MS = 5_000;
/** How old the miner's clock may be when an appointment is made by it. */
const RENEW_MS = 10 * 60_000;
/** How far ahead appointments are made: as the recorded ones were. Nobody has published what a nearer one does. */
const LEAD_S: Seconds = 5;

/** The lead, and ten seconds assumed for the boards. */
const SLEEP_SETTLE_MS = 15_000;
/** Assumed: nobody has published how long an Avalon takes to its full rate. */
const WAKE_SETTLE_MS = 300_000;
const REBOOT_SETTLE_MS = WAKE_SETTLE_MS + 120_000;
/** What an Avalon Q says of itself at rest; nobody has published it for the larger ones. */
const RESIDUAL_W = 150;

/** Where the status of the modules is found, by firmware: the first that answers with one is kept to. */
const statusCommands = ['estats', 'stats', 'litestats'] as const;

class Avalon implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #clock: AdapterContext['clock'];
  readonly #peer: Peer;
  #statusCommand: (typeof statusCommands)[number] | undefined;
  /** What the miner's clock said, and when by ours. */
  #told: { when: Seconds; atMs: Millis } | undefined;
  #hasLamp = false;

  constructor({ host, port }: AddressOptions, { connect, clock }: AdapterContext) {
    this.#clock = clock;
    this.#peer = { host, port, connect, clock };
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    return identityOf((await this.#ask('version', undefined, signal)).reply);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const candidates = this.#statusCommand ? [this.#statusCommand] : statusCommands;
    let failure: unknown;
    for (const command of candidates) {
      try {
        const { reply, repairs } = await this.#ask(command, undefined, signal);
        const reading = { ...readingOf(command, reply), repairs };
        this.#statusCommand = command;
        this.#hasLamp = hasLamp(command, reply);
        return reading;
      } catch (error) {
        // Another command may do, unless nobody is there to ask.
        if (!(error instanceof AdapterError) || !elsewhere.has(error.kind)) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  controls(line: DeviceLine): Controls {
    return {
      sleep: {
        ...control(line, 'lower', { ...gentle, settle_ms: SLEEP_SETTLE_MS }, (signal) =>
          this.#appoint('softoff', signal),
        ),
        residualW: RESIDUAL_W,
      },
      wake: control(line, 'raise', { ...gentle, settle_ms: WAKE_SETTLE_MS }, (signal) => this.#wake(signal)),
      reboot: rebootControl(line, { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true }, (signal) =>
        this.#set('reboot,0', signal),
      ),
      ...(this.#hasLamp && {
        locate: locateControl(
          line,
          (signal) => this.#set('led,1-1', signal),
          (signal) => this.#set('led,1-0', signal),
        ),
      }),
    };
  }

  /** Some builds close the connection instead of answering. */
  async #wake(signal: AbortSignal): Promise<string> {
    try {
      return await this.#appoint('softon', signal);
    } catch (error) {
      if (error instanceof AdapterError && error.code === 'closed') return 'closed the connection';
      throw error;
    }
  }

  async #appoint(what: 'softoff' | 'softon', signal: AbortSignal): Promise<string> {
    if (!this.#told) await this.#ask('version', undefined, signal);
    const { when, atMs } = this.#told ?? { when: this.#clock.wall() / 1000, atMs: this.#clock.monotonic() };
    const at = Math.round(when + (this.#clock.monotonic() - atMs) / 1000) + LEAD_S;
    return await this.#set(`${what},1:${at}`, signal);
  }

  async #set(setting: string, signal: AbortSignal): Promise<string> {
    const { said } = await this.#ask('ascset', `0,${setting}`, signal);
    // A setting that it does not know is answered with help, not with an error.
    if (!/\bsuccess\b|\bset ok\b/i.test(said)) {
      throw new AdapterError('refused', `the miner did not take ${setting.split(',')[0]}: "${said}"`);
    }
    return said;
  }

  async #ask(command: string, parameter: string | undefined, signal: AbortSignal) {
    const request = parameter === undefined ? { command } : { command, parameter };
    const sentMs = this.#clock.monotonic();
    const { value, repairs } = parseCgminerJson(await askCgminer(this.#peer, request, TIMEOUT_MS, signal));
    const { said, reply } = accepted(command, value, meanings);
    const when = clockOf(reply);
    if (when !== undefined) this.#told = { when, atMs: sentMs };
    return { said, reply, repairs: repairs.length };
  }
}

/** Kinds of errors after which another command may still tell the status. */
const elsewhere: ReadonlySet<AdapterError['kind']> = new Set(['unsupported', 'refused', 'malformed']);

/** cgminer's own. */
const meanings: CodeMeanings = {
  14: ['unsupported', 'this firmware does not know the command'],
  45: ['unauthorised', 'it does not let this controller change anything'],
  120: ['refused', 'it failed to carry the setting out'],
};
