/**
 * VNish, its web API on TCP 80.
 *
 * Models: Antminers. Firmware: 1.2 and later; replies of 1.2.7 were recorded but for the answers to commands, which are
 * those of the maker's API description of 1.3.4.
 *
 * The technician must put the password of the web page in `password_file`, set "remain stopped on reboot" so that a
 * miner that reboots in mid-event does not come back mining, and switch the automatic preset switcher off where orders
 * cut partly (`limit`). Partial power goes by presets, and only by tuned ones: the firmware would tune another for hours.
 * `untuned_presets: true` takes them all.
 *
 * No speed of this firmware is published. All times are assumed: they are priors until the agent has learned its own.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import type { Firmware } from '../miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from '../miner-device.ts';
import { address, passwordFile, portOr } from '../options.ts';
import { VnishPresets } from './presets.ts';
import { identityOf, readingOf } from './reading.ts';
import { VnishSession } from './session.ts';

const PORT = 80;
/** What only the technician can give: a name for the file until then. */
const suggested = { password_file: 'vnish.pw' };

const options = z.object({
  host: address,
  port: portOr(PORT),
  /** The file whose first line is the password of the web page, relative to the config's folder. */
  password_file: passwordFile,
  /** Whether a limit may choose a preset that the miner has yet to tune. */
  untuned_presets: z.boolean().default(false),
});

type VnishOptions = z.infer<typeof options>;

export const vnish: Adapter<VnishOptions> = {
  name: 'vnish',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Vnish(given, context), context),
  recognition: {
    ports: [PORT],
    ask: async (host, context, signal) => {
      const session = new VnishSession({ host, port: PORT, ...suggested }, context);
      try {
        const { measure: _, ...identity } = identityOf((await session.read('info', signal)).value);
        return { identity, options: suggested };
      } finally {
        session.close();
      }
    },
  },
};

const SLEEP_SETTLE_MS = 10_000;
const WAKE_SETTLE_MS = 300_000;
const LIMIT_SETTLE_MS = 180_000;
/** Two minutes for the boot of the control board, then as after a wake. */
const REBOOT_SETTLE_MS = WAKE_SETTLE_MS + 120_000;
/** The figure LuxOS gives for the same machines. */
const RESIDUAL_W = 25;

/** The preset is in the settings, which are a file. */
const configured = { restarts: true, persistent: true, min_interval_s: LIMIT_SETTLE_MS / 1000 };

class Vnish implements Firmware {
  /** How old identity, token and presets may be. */
  readonly renewMs = 10 * 60_000;
  readonly #session: VnishSession;
  readonly #presets: VnishPresets;
  #measure: string | undefined;

  constructor(given: VnishOptions, context: AdapterContext) {
    this.#session = new VnishSession(given, context);
    this.#presets = new VnishPresets(this.#session, given.untuned_presets);
  }

  close(): void {
    this.#session.close();
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const { measure, ...identity } = identityOf((await this.#session.read('info', signal)).value);
    this.#measure = measure;
    return identity;
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await this.#session.prepare(signal);
    await this.#presets.learn(signal);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const summary = await this.#session.read('summary', signal);
    const perf = await this.#session.read('perf-summary', signal);
    const limit = this.#presets.inForce(perf.value);
    const reading = readingOf(summary.value, this.#measure);
    return { ...reading, ...(limit !== undefined && { limit }), repairs: summary.repairs + perf.repairs };
  }

  controls(line: DeviceLine): Controls {
    const { range } = this.#presets;
    const settling = (settle_ms: number) => ({ ...gentle, settle_ms });
    return {
      sleep: { ...control(line, 'lower', settling(SLEEP_SETTLE_MS), this.#mining('stop')), residualW: RESIDUAL_W },
      wake: control(line, 'raise', settling(WAKE_SETTLE_MS), this.#mining('start')),
      ...(range && {
        limit: {
          capability: { ...configured, settle_ms: LIMIT_SETTLE_MS, range },
          run: async (watts: number, lowers: boolean, signal?: AbortSignal) => ({
            said: await line.run(lowers ? 'lower' : 'raise', (abort) => this.#presets.set(watts, abort), signal),
            settleMs: LIMIT_SETTLE_MS,
          }),
        },
      }),
      reboot: rebootControl(line, { ...settling(REBOOT_SETTLE_MS), restarts: true }, async (signal) => {
        await this.#session.command('system/reboot', undefined, signal, true);
        return 'reboot accepted';
      }),
      locate: locateControl(line, this.#find(true), this.#find(false)),
    };
  }

  #mining(action: 'stop' | 'start') {
    return async (signal: AbortSignal) => {
      await this.#session.command(`mining/${action}`, undefined, signal);
      return `${action} accepted`;
    };
  }

  /** Renamed in 1.3.4. */
  #find(on: boolean) {
    return async (signal: AbortSignal) => {
      try {
        await this.#session.command('locate-miner', { is_enabled: on }, signal);
      } catch (error) {
        if (!(error instanceof AdapterError) || error.kind !== 'unsupported') throw error;
        await this.#session.command('find-miner', { on }, signal);
      }
      return on ? 'blinks' : 'blinks no more';
    };
  }
}
