/**
 * ePIC PowerPlay, its web API on TCP 4028 (HTTP where others have cgminer's socket).
 *
 * Models: Antminers with ePIC's control board or firmware, ePIC BlockMiner. Firmware: replies of an S19 XP with
 * PowerPlay-BMS 1.5 were recorded; requests are of the maker's OpenAPI documents 1.22 and 1.30.
 *
 * The technician must replace the default password `letmein`, put the new one in `password_file`, and switch "Idle on
 * connection lost" off: a miner that lost its pool says "Idling" as one that was told to rest, and is taken for it.
 *
 * Partial power (`limit`) is there only while the miner's tuner aims at watts ("Power"): another tuner's settings would
 * be lost to it, and no limit would bring them back.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Dial, Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import { checked, words } from '../../transport/fields.ts';
import { HttpLine } from '../../transport/http.ts';
import { Password } from '../../transport/password.ts';
import type { Call, Firmware } from '../miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from '../miner-device.ts';
import { address, passwordFile, portOr } from '../options.ts';
import { WebApi } from '../web-api.ts';
import type { Capabilities } from './reading.ts';
import { capabilitiesOf, identityOf, readingOf } from './reading.ts';

const PORT = 4028;
/** What only the technician can give: a name for the file until then. */
const suggested = { password_file: 'epic.pw' };

const options = z.object({
  host: address,
  port: portOr(PORT),
  /** The file whose first line is the miner's password, relative to the config's folder. */
  password_file: passwordFile,
});

type EpicOptions = z.infer<typeof options>;

export const epic: Adapter<EpicOptions> = {
  name: 'epic',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Epic(given, context), context),
  recognition: {
    ports: [PORT],
    ask: async (host, context, signal) => {
      const miner = new Epic({ host, port: PORT, ...suggested }, context);
      try {
        return { identity: await miner.identify(signal), options: suggested };
      } finally {
        miner.close();
      }
    },
  },
};

const TIMEOUT_MS = 5_000;
const RENEW_MS = 10 * 60_000;
/** Nobody has published how fast it stops, starts or follows a target: all assumed. */
const SLEEP_SETTLE_MS = 15_000;
const WAKE_SETTLE_MS = 300_000;
const LIMIT_SETTLE_MS = 120_000;
const REBOOT_SETTLE_MS = WAKE_SETTLE_MS + 120_000;
/** Assumed, as of other miners with their boards off. */
const RESIDUAL_W = 30;

class Epic implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #password: Password;
  readonly #api: WebApi;
  #capabilities: Capabilities | undefined;
  /** Whether the tuner aims at watts, by the last reading. */
  #aimsAtWatts = false;

  constructor(given: EpicOptions, context: AdapterContext) {
    const { connect, clock } = context;
    this.#password = new Password(given.password_file, context);
    this.#api = new WebApi(new HttpLine({ host: given.host, port: given.port, connect, clock }), TIMEOUT_MS);
  }

  close(): void {
    this.#api.close();
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const summary = await this.#api.get('/summary', signal);
    const capabilities = await this.#api.get('/capabilities', signal);
    const network = await this.#api.get('/network', signal);
    this.#capabilities = capabilitiesOf(capabilities.value);
    return identityOf({ summary: summary.value, capabilities: capabilities.value, network: network.value });
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const { value, repairs } = await this.#api.get('/summary', signal);
    const reading = readingOf(value);
    this.#aimsAtWatts = reading.limit !== undefined;
    const rated = this.#capabilities?.ratedHashrateThs;
    return { ...reading, ...(rated !== undefined && { ratedHashrateThs: rated }), repairs };
  }

  controls(line: DeviceLine): Controls {
    const range = this.#aimsAtWatts ? this.#capabilities?.powerRange : undefined;
    return {
      sleep: {
        ...control(line, 'lower', { ...gentle, settle_ms: SLEEP_SETTLE_MS }, this.#post('/miner', 'Stop')),
        residualW: RESIDUAL_W,
      },
      wake: control(line, 'raise', { ...gentle, settle_ms: WAKE_SETTLE_MS }, this.#post('/miner', 'Autostart')),
      reboot: rebootControl(line, { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true }, this.#post('/reboot', 0)),
      locate: locateControl(line, this.#post('/identify', true), this.#post('/identify', false)),
      ...(range && { limit: this.#limit(line, range) }),
    };
  }

  #limit(line: DeviceLine, { min, max }: { min: number; max: number }): Dial {
    const range = { min, max, step: 1, unit: 'watts' } as const;
    // Assumed persistent: a target outlives a restart, so it is written somewhere.
    const capability = { ...gentle, settle_ms: LIMIT_SETTLE_MS, persistent: true, range };
    return {
      capability,
      run: async (watts, lowers, signal) => {
        const target = Math.floor(watts);
        if (!(target >= min && target <= max)) {
          throw new AdapterError('refused', `a limit of ${watts} W is outside ${min} to ${max} W`);
        }
        const call = this.#post('/perpetualtune/algo', { algo: 'Power', target });
        return await control(line, lowers ? 'lower' : 'raise', capability, call).run(signal);
      },
    };
  }

  #post(path: string, param: unknown): Call {
    return async (signal) => {
      const password = await this.#password.get();
      const { value } = await this.#api.send('POST', path, { param, password }, signal);
      const { result, error } = checked(verdict, path, value);
      if (result) return 'result: true';
      const refused = refusal(path, error);
      throw refused.kind === 'unauthorised' ? this.#password.wrong(refused) : refused;
    };
  }
}

const verdict = z.looseObject({ result: z.boolean(), error: z.unknown().optional() });

function refusal(path: string, error: unknown): AdapterError {
  const said = words.safeParse(error).data ?? JSON.stringify(error ?? null);
  // By the OpenAPI document; older firmware words it freely.
  const kind = /password/i.test(said) ? 'unauthorised' : 'refused';
  return new AdapterError(kind, `the miner refused ${path}, "${said}"`, { code: said });
}
