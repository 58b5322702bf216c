/**
 * Braiins OS, its web interfaces on TCP 80: REST where the miner has it, GraphQL where not.
 *
 * Models: Antminers, and WhatsMiners from 25.x on. Firmware: replies of 22.08 to 26.04 were recorded; REST is of 25.07
 * and later, GraphQL of those before. Commands are those of the maker's interface descriptions and of public clients.
 *
 * The technician must put the password of `username` in `password_file`. `quick_ramping` sets how fast a pause takes the
 * power down and a resume brings it up (REST, from 25.07 on); it is written to the miner once, and stays. Over GraphQL
 * the miner does not say which power targets it takes: `power_target_w` does, and without it only REST has a limit. The
 * tuner must be on, and no schedule of Braiins Manager may change targets at the same time.
 *
 * A power target is found by tuning: slow, and not exact. No other times of this firmware are published than those of
 * quick ramping; they are priors until the agent has learned its own.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity, Recognised } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { parseCgminerJson } from '../../transport/cgminer-json.ts';
import { askCgminer } from '../../transport/cgminer-socket.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import { checked, words } from '../../transport/fields.ts';
import type { Firmware } from '../miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from '../miner-device.ts';
import { address, passwordFile, portOr } from '../options.ts';
import type { BraiinsApi, BraiinsOptions } from './api.ts';
import { BraiinsGraphql } from './graphql.ts';
import { BraiinsRest } from './rest.ts';

const PORT = 80;
/** cgminer's socket, on which BOSer names itself to anybody. */
const RPC_PORT = 4028;
/** What only the technician can give: a name for the file until then. */
const suggested = { password_file: 'braiins.pw' };

const seconds = z.number().positive().max(600);

const options = z.object({
  host: address,
  port: portOr(PORT),
  username: z.string().min(1).default('root'),
  /** The file whose first line is that user's password, relative to the config's folder. */
  password_file: passwordFile,
  /** Seconds for the way down and the way up of a pause. */
  quick_ramping: z.strictObject({ up_s: seconds, down_s: seconds }).optional(),
  /** Watts that a target may be, the most by the nameplate, where the miner does not say so itself. */
  power_target_w: z.strictObject({ min: z.number().positive(), max: z.number().positive() }).optional(),
});

export const braiins: Adapter<BraiinsOptions> = {
  name: 'braiins',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Braiins(given, context), context),
  recognition: { ports: [PORT, RPC_PORT], ask: recognise },
};

/** Assumed, without quick ramping. */
const PAUSE_SETTLE_MS = 10_000;
const RESUME_SETTLE_MS = 300_000;
/** Assumed for one second to notice, beside the time that quick ramping sets. */
const NOTICE_MS = 1_000;
/** Assumed: the tuner needs minutes to settle on a target. */
const TARGET_SETTLE_MS = 180_000;
/** Two minutes for the boot of the control board, then as after a resume. */
const REBOOT_SETTLE_MS = 300_000 + 120_000;
/** Assumed: the figure LuxOS gives for the same machines. */
const RESIDUAL_W = 25;

class Braiins implements Firmware {
  /** How old identity and log-in may be; the log-in ends after an hour without use. */
  readonly renewMs = 10 * 60_000;
  readonly #given: BraiinsOptions;
  readonly #rest: BraiinsRest;
  readonly #graphql: BraiinsGraphql;
  /** The interface that the miner has; undefined until it has been asked. */
  #api: BraiinsApi | undefined;

  constructor(given: BraiinsOptions, context: AdapterContext) {
    this.#given = given;
    this.#rest = new BraiinsRest(given, context);
    this.#graphql = new BraiinsGraphql(given, context);
  }

  close(): void {
    this.#rest.close();
    this.#graphql.close();
  }

  /** Asked anew here, as an upgrade may have brought the other interface. */
  async identify(signal: AbortSignal): Promise<Identity> {
    this.#api = (await this.#rest.answers(signal)) ? this.#rest : this.#graphql;
    return await this.#api.identify(signal);
  }

  async prepare(signal: AbortSignal): Promise<void> {
    await (await this.#choose(signal)).prepare(signal);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    return await (await this.#choose(signal)).read(signal);
  }

  controls(line: DeviceLine): Controls {
    const { quick_ramping: ramping } = this.#given;
    const ramps = ramping && this.#api === this.#rest ? ramping : undefined;
    const settling = (settle_ms: number) => ({ ...gentle, settle_ms });
    const downMs = ramps ? NOTICE_MS + 1000 * ramps.down_s : PAUSE_SETTLE_MS;
    const upMs = ramps ? NOTICE_MS + 1000 * ramps.up_s : RESUME_SETTLE_MS;
    const limit = this.#limit(line);
    return {
      sleep: {
        ...control(
          line,
          'lower',
          settling(downMs),
          this.#call((api) => api.pause),
        ),
        residualW: RESIDUAL_W,
      },
      wake: control(
        line,
        'raise',
        settling(upMs),
        this.#call((api) => api.resume),
      ),
      ...(limit && { limit }),
      reboot: rebootControl(
        line,
        { ...settling(REBOOT_SETTLE_MS), restarts: true },
        this.#call((api) => api.reboot),
      ),
      locate: locateControl(
        line,
        this.#call((api) => api.locate(true)),
        this.#call((api) => api.locate(false)),
      ),
    };
  }

  /** The target is in the configuration, which is a file. */
  #limit(line: DeviceLine): Controls['limit'] {
    const range = this.#api?.range;
    if (!range) return undefined;
    const restarts = this.#api?.targetRestarts ?? false;
    const most = this.#api?.mostW ?? range.max;
    return {
      capability: {
        restarts,
        persistent: true,
        min_interval_s: TARGET_SETTLE_MS / 1000,
        settle_ms: TARGET_SETTLE_MS,
        range,
      },
      run: async (watts, lowers, signal) => {
        if (!(watts >= range.min && watts <= most)) {
          throw new AdapterError('refused', `a limit of ${watts} W is outside ${range.min} to ${most} W`);
        }
        const work = this.#call((api) => api.setTarget(watts));
        return { said: await line.run(lowers ? 'lower' : 'raise', work, signal), settleMs: TARGET_SETTLE_MS };
      },
    };
  }

  #call(pick: (api: BraiinsApi) => (signal: AbortSignal) => Promise<string>) {
    return async (signal: AbortSignal) => await pick(await this.#choose(signal))(signal);
  }

  async #choose(signal: AbortSignal): Promise<BraiinsApi> {
    this.#api ??= (await this.#rest.answers(signal)) ? this.#rest : this.#graphql;
    return this.#api;
  }
}

/** Who it is in full only its password tells; BOSer says on cgminer's socket that it is one. */
async function recognise(host: string, context: AdapterContext, signal: AbortSignal): Promise<Recognised | undefined> {
  const { connect, clock } = context;
  const text = await askCgminer({ host, port: RPC_PORT, connect, clock }, { command: 'version' }, 5_000, signal);
  const row = checked(versionReply, 'version', parseCgminerJson(text).value).VERSION?.[0];
  if (row?.BOSer === undefined && row?.BOSminer === undefined) return undefined;
  const build = row.BOSer ?? row.BOSminer;
  return { identity: { make: 'Bitmain', firmware: `Braiins OS ${build}` }, options: suggested };
}

const versionReply = z.looseObject({
  VERSION: z.array(z.looseObject({ BOSer: words, BOSminer: words })).optional(),
});
