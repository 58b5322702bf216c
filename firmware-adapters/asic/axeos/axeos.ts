/**
 * AxeOS (ESP-Miner), the firmware of Bitaxe and its kin, its web API on TCP 80.
 *
 * Models: Bitaxe Max, Ultra, Supra, Gamma, Hex and boards derived from them. Firmware: a reply of 2.4 was recorded;
 * requests are of the project's sources of 2026. Pausing needs 2.14 or newer: older firmware is read only. There is no
 * password, but the device obeys only its own network, so the controller must be in it.
 *
 * A pause does not outlive a restart: the device mines again, and is paused again as any that comes back in mid-event.
 */
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity } from '../../contract.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import { HttpLine } from '../../transport/http.ts';
import type { StatusMeanings } from '../../transport/http-reply.ts';
import type { Call, Firmware } from '../miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from '../miner-device.ts';
import type { AddressOptions } from '../options.ts';
import { addressOptions } from '../options.ts';
import { WebApi } from '../web-api.ts';
import { identityOf, readingOf } from './reading.ts';

const PORT = 80;

const options = addressOptions(PORT);

export const axeos: Adapter<AddressOptions> = {
  name: 'axeos',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Axeos(given, context), context),
  recognition: {
    ports: [PORT],
    ask: async (host, context, signal) => {
      const device = new Axeos({ host, port: PORT }, context);
      try {
        return { identity: await device.identify(signal) };
      } finally {
        device.close();
      }
    },
  },
};

const TIMEOUT_MS = 5_000;
const RENEW_MS = 10 * 60_000;
/** The mining task looks at a flag before each piece of work (project's sources); how fast the watts follow is assumed. */
const SLEEP_SETTLE_MS = 5_000;
const WAKE_SETTLE_MS = 10_000;
/** Assumed: it starts in seconds, and then finds its network and its pool. */
const REBOOT_SETTLE_MS = 60_000;
/** Assumed: processor, display and fan. */
const RESIDUAL_W = 3;

class Axeos implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #api: WebApi;
  /** Whether the firmware can be paused: taken for granted until a reading says otherwise. */
  #canPause = true;

  constructor({ host, port }: AddressOptions, { connect, clock }: AdapterContext) {
    this.#api = new WebApi(new HttpLine({ host, port, connect, clock }), TIMEOUT_MS, meanings);
  }

  close(): void {
    this.#api.close();
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    return identityOf((await this.#api.get('/api/system/info', signal)).value);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const { value, repairs } = await this.#api.get('/api/system/info', signal);
    const reading = { ...readingOf(value), repairs };
    this.#canPause = reading.asleep !== undefined;
    return reading;
  }

  controls(line: DeviceLine): Controls {
    return {
      ...(this.#canPause && {
        sleep: {
          ...control(line, 'lower', { ...gentle, settle_ms: SLEEP_SETTLE_MS }, this.#post('pause')),
          residualW: RESIDUAL_W,
        },
        wake: control(line, 'raise', { ...gentle, settle_ms: WAKE_SETTLE_MS }, this.#post('resume')),
      }),
      reboot: rebootControl(line, { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true }, this.#post('restart')),
      locate: locateControl(line, this.#greet(true), this.#greet(false)),
    };
  }

  /** Older firmware answers in plain words, newer in JSON around them. */
  #post(verb: string): Call {
    return (signal) => this.#api.text(`/api/system/${verb}`, {}, signal);
  }

  /** It says "Hi!" on its display for half a minute, or stops doing so: one request turns it to the other. */
  #greet(wanted: boolean): Call {
    const turn = this.#post('identify');
    return async (signal) => {
      const said = await turn(signal);
      return /no longer/i.test(said) === wanted ? await turn(signal) : said;
    };
  }
}

const meanings: StatusMeanings = {
  401: ['unauthorised', 'it obeys only its own network, and this controller is not in it'],
};
