/**
 * Marathon MaraFW, its web API on TCP 80 behind a digest log-in.
 *
 * Models: Antminers. Firmware: none was recorded; requests and fields are of pyasic and asic-rs. The technician must
 * put the password of user `root` in `password_file`.
 *
 * Modes are part of the one configuration that also has the pools and the tuning, and a change sends all of it back as
 * it was read. A limit in watts is part of it too, but what it may be is not published: it has no control here.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import type { DeviceLine } from '../transport/device-line.ts';
import { checked, flag, macIn, present, quantity, withoutUndefined, words } from '../transport/fields.ts';
import type { Call, Firmware } from './miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from './miner-device.ts';
import type { Reading } from './miner-reading.ts';
import { filled, gigaToTera, highest, hottest } from './miner-reading.ts';
import type { LogInOptions } from './options.ts';
import { logInOptions } from './options.ts';
import type { WebApi } from './web-api.ts';
import { digestWeb } from './web-api.ts';

const PORT = 80;

const options = logInOptions(PORT, 'root');

/** Without a log-in it does not say what it is, so it is not looked for. */
export const marathon: Adapter<LogInOptions> = {
  name: 'marathon',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Marathon(given, context), context),
};

const TIMEOUT_MS = 10_000;
const RENEW_MS = 10 * 60_000;
/** Nobody has published how fast a change of mode acts: all assumed. */
const SLEEP_SETTLE_MS = 30_000;
const WAKE_SETTLE_MS = 300_000;
const REBOOT_SETTLE_MS = WAKE_SETTLE_MS + 120_000;
/** Assumed, as of other miners with their boards off. */
const RESIDUAL_W = 30;

/** A configuration is written to flash, and the mining process takes it with a restart (assumed). */
const configured = { ...gentle, restarts: true, persistent: true };

class Marathon implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #api: WebApi;
  /** The mode before the last sleep: the configuration does not keep it. */
  #awakeMode: string | undefined;

  constructor(given: LogInOptions, context: AdapterContext) {
    this.#api = digestWeb(given, context, TIMEOUT_MS);
  }

  close(): void {
    this.#api.close();
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const overview = await this.#get('overview', signal);
    const network = await this.#get('network_config', signal);
    return identityOf({ overview: overview.value, network: network.value });
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const brief = await this.#get('brief', signal);
    const boards = await this.#get('hashboards', signal);
    const fans = await this.#get('fans', signal);
    const replies = { brief: brief.value, hashboards: boards.value, fans: fans.value };
    return { ...readingOf(replies), repairs: brief.repairs + boards.repairs + fans.repairs };
  }

  controls(line: DeviceLine): Controls {
    return {
      sleep: {
        ...control(line, 'lower', { ...configured, settle_ms: SLEEP_SETTLE_MS }, (signal) => this.#sleep(signal)),
        residualW: RESIDUAL_W,
      },
      wake: control(line, 'raise', { ...configured, settle_ms: WAKE_SETTLE_MS }, (signal) => this.#wake(signal)),
      reboot: rebootControl(
        line,
        { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true },
        this.#post('maintenance', { type: 'reboot' }),
      ),
      locate: locateControl(
        line,
        this.#post('locate_miner', { blinking: true }),
        this.#post('locate_miner', { blinking: false }),
      ),
    };
  }

  async #sleep(signal: AbortSignal): Promise<string> {
    const config = await this.#config(signal);
    const mode = config.mode['work-mode-selector'];
    if (mode === 'Sleep') return 'it sleeps already';
    this.#awakeMode = mode;
    return await this.#setMode(config, 'Sleep', signal);
  }

  async #wake(signal: AbortSignal): Promise<string> {
    const config = await this.#config(signal);
    if (config.mode['work-mode-selector'] !== 'Sleep') return 'it is awake already';
    return await this.#setMode(config, this.#awakeMode ?? 'Stock', signal);
  }

  async #config(signal: AbortSignal): Promise<z.infer<typeof configReply>> {
    return checked(configReply, 'miner_config', (await this.#get('miner_config', signal)).value);
  }

  #setMode(config: z.infer<typeof configReply>, mode: string, signal: AbortSignal): Promise<string> {
    return this.#post('miner_config', { ...config, mode: { ...config.mode, 'work-mode-selector': mode } })(signal);
  }

  #post(what: string, value: object): Call {
    return async (signal) => {
      const reply = await this.#api.send('POST', `/kaonsu/v1/${what}`, value, signal);
      const { error, msg } = checked(verdict, what, reply.value);
      if (error === true) throw new AdapterError('refused', `the miner refused ${what}: "${msg ?? ''}"`);
      return msg ?? 'accepted';
    };
  }

  #get(what: string, signal: AbortSignal) {
    return this.#api.get(`/kaonsu/v1/${what}`, signal);
  }
}

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf(replies: { brief: unknown; hashboards?: unknown; fans?: unknown }): Reading {
  const brief = checked(briefReply, 'brief', replies.brief);
  const boards = checked(boardsReply, 'hashboards', replies.hashboards ?? {}).hashboards ?? [];
  const fanRpm = present((checked(fansReply, 'fans', replies.fans ?? {}).fans ?? []).map((fan) => fan.current_speed));
  const boardC = present(boards.map(({ temperature_pcb }) => hottest(temperature_pcb ?? [])));
  const chipC = present(boards.map(({ temperature_chip }) => hottest(temperature_chip ?? [])));
  const ratedThs = gigaToTera(brief.hashrate_ideal) || undefined;
  const powerW = brief.power_consumption_estimated;
  return withoutUndefined<Reading>({
    asleep: asleepIn(brief.status),
    powerW,
    powerFrom: powerW === undefined ? undefined : 'estimate',
    hashrateThs: realtimeThs(brief.hashrate_realtime, ratedThs),
    ratedHashrateThs: ratedThs,
    chipMaxC: highest(chipC),
    boardC: filled(boardC),
    fanRpm: filled(fanRpm),
    uptimeS: brief.elapsed,
    faults: [],
  });
}

export function identityOf(replies: { overview: unknown; network: unknown }): Identity {
  const overview = checked(overviewReply, 'overview', replies.overview);
  const { hostname } = checked(networkReply, 'network_config', replies.network);
  return withoutUndefined<Identity>({
    // MaraFW is firmware for Antminers.
    make: 'Bitmain',
    model: overview.model,
    firmware: overview.version_firmware === undefined ? undefined : `MaraFW ${overview.version_firmware}`,
    mac: macIn(overview.mac),
    hostname,
  });
}

/**
 * One public client takes the rate as TH/s, another as GH/s, and both the promise as GH/s. What the miner promises
 * decides: a rate that is neither in a plausible share of it is none.
 */
function realtimeThs(rate: number | undefined, ratedThs: number | undefined): number | undefined {
  if (rate === 0) return 0;
  if (rate === undefined || ratedThs === undefined) return undefined;
  return [rate / 1e3, rate].find((ths) => ths >= 0.05 * ratedThs && ths <= 1.5 * ratedThs);
}

/** Only "Mining" is known; a state in between is neither. */
function asleepIn(status: string | undefined): boolean | undefined {
  if (status === 'Mining') return false;
  return /sleep/i.test(status ?? '') ? true : undefined;
}

const briefReply = z.looseObject({
  status: words,
  hashrate_realtime: quantity,
  /** GH/s. */
  hashrate_ideal: quantity,
  /** Watts. */
  power_consumption_estimated: quantity,
  /** Seconds. */
  elapsed: quantity,
});
const sensors = z.array(quantity).nullish();
const boardsReply = z.looseObject({
  hashboards: z.array(z.looseObject({ temperature_pcb: sensors, temperature_chip: sensors })).nullish(),
});
const fansReply = z.looseObject({ fans: z.array(z.looseObject({ current_speed: quantity })).nullish() });
const overviewReply = z.looseObject({ model: words, mac: words, version_firmware: words });
const networkReply = z.looseObject({ hostname: words });
const configReply = z.looseObject({ mode: z.looseObject({ 'work-mode-selector': z.string() }) });
const verdict = z.looseObject({ error: flag, msg: words });
