/**
 * MicroBT WhatsMiner, API v3 on TCP 4433.
 *
 * Models: M30 to M70 series. Firmware: from 2024-11 on; replies of 20251209 (API 3.0.2) and 20260312 (API 3.0.5) were
 * recorded. The maker has published no manual of it, only a sample client: commands and signatures are that sample's
 * and those of public clients.
 *
 * The technician must, with WhatsMinerTool: enable the miner's API, replace the default password `super` of the account
 * and put the new one in `password_file`. Power Fast Boot is worth enabling: it cuts the way back to full load from
 * about ten minutes to one.
 *
 * Partial power is offered once the miner has said which percentage is in force: on firmware that does not, nothing but
 * the meter could tell whether it was obeyed.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity, Recognised } from '../../contract.ts';
import { AdapterError, unless } from '../../errors.ts';
import type { DeviceLine } from '../../transport/device-line.ts';
import type { Firmware } from '../miner-device.ts';
import { control, gentle, locateControl, PlainMiner, rebootControl } from '../miner-device.ts';
import { address, passwordFile, portOr } from '../options.ts';
import * as times from './times.ts';
import { identityOf, percentIn, powerLimitW, readingOf } from './v3-reading.ts';
import { WhatsminerV3Session } from './v3-session.ts';

const PORT = 4433;
/** What only the technician can give: a name for the file until then. */
const suggested = { password_file: 'whatsminer.pw' };

const options = z.object({
  host: address,
  port: portOr(PORT),
  account: z.enum(['super', 'user1', 'user2', 'user3']).default('super'),
  /** The file whose first line is the account's password, relative to the config's folder. */
  password_file: passwordFile,
});

type WhatsminerV3Options = z.infer<typeof options>;

export const whatsminerV3: Adapter<WhatsminerV3Options> = {
  name: 'whatsminer-v3',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new WhatsminerV3(given, context), context),
  recognition: { ports: [PORT], ask: recognise },
};

class WhatsminerV3 implements Firmware {
  /** How old identity and salt may be. How long a salt holds is not documented; a refusal renews it. */
  readonly renewMs = 10 * 60_000;
  readonly #session: WhatsminerV3Session;
  #tellsPercent = false;
  /** Some clients send the parameter of a percentage as an object, the maker's sample as its text. */
  #percentAsText = false;

  constructor(given: WhatsminerV3Options, context: AdapterContext) {
    this.#session = new WhatsminerV3Session(given, context);
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    return identityOf((await this.#session.ask('get.device.info', undefined, signal)).body);
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const setting = await unless(['unsupported'], this.#session.ask('get.miner.setting', undefined, signal));
    this.#tellsPercent = percentIn(setting?.body) !== undefined;
    await this.#session.prepare(signal);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const info = await this.#session.ask('get.device.info', undefined, signal);
    // The process that counts the hashes is stopped while the miner sleeps: then its silence is no fault.
    const asleep = readingOf({ 'get.device.info': info.body }).asleep === true;
    const status = await unless(
      asleep ? ['unsupported', 'refused'] : [],
      this.#session.ask('get.miner.status', 'summary+pools', signal),
    );
    const setting = await unless(['unsupported', 'refused'], this.#session.ask('get.miner.setting', undefined, signal));
    const repairs = [info, status, setting].reduce((sum, reply) => sum + (reply?.repairs ?? 0), 0);
    const reading = readingOf({
      'get.device.info': info.body,
      'get.miner.status': status?.body,
      'get.miner.setting': setting?.body,
    });
    this.#tellsPercent ||= reading.limit !== undefined;
    return { ...reading, repairs };
  }

  controls(line: DeviceLine): Controls {
    const write = (cmd: string, param?: unknown) => (signal: AbortSignal) => this.#session.write(cmd, param, signal);
    const settling = (settle_ms: number) => ({ ...gentle, settle_ms });
    return {
      sleep: {
        ...control(line, 'lower', settling(times.SLEEP_SETTLE_MS), write('set.miner.service', 'stop')),
        residualW: times.RESIDUAL_W,
      },
      wake: control(line, 'raise', settling(times.WAKE_SETTLE_MS), write('set.miner.service', 'start')),
      ...(this.#tellsPercent && { limit: this.#limit(line) }),
      reboot: rebootControl(line, { ...settling(times.REBOOT_SETTLE_MS), restarts: true }, write('set.system.reboot')),
      locate: locateControl(line, write('set.system.led', [times.redBlink]), write('set.system.led', 'auto')),
    };
  }

  #limit(line: DeviceLine): NonNullable<Controls['limit']> {
    const { limitRange: range, LIMIT_SETTLE_MS: settleMs } = times;
    return {
      capability: { ...gentle, settle_ms: settleMs, range },
      run: async (percent, lowers, signal) => {
        if (!(percent >= range.min && percent <= range.max)) {
          throw new AdapterError('refused', `a limit of ${percent} % is outside ${range.min} to ${range.max} %`);
        }
        const work = (abort: AbortSignal) => this.#setPercent(Math.round(percent), abort);
        return { said: await line.run(lowers ? 'lower' : 'raise', work, signal), settleMs };
      },
    };
  }

  async #setPercent(percent: number, signal: AbortSignal): Promise<string> {
    // Firmware reads text there, although the number is documented.
    const param = { percent: String(percent), mode: 'fast' };
    const as = (text: boolean) => (text ? JSON.stringify(param) : param);
    try {
      return await this.#session.write('set.miner.power_percent', as(this.#percentAsText), signal);
    } catch (error) {
      if (!(error instanceof AdapterError) || error.code !== -3) throw error;
    }
    const said = await this.#session.write('set.miner.power_percent', as(!this.#percentAsText), signal);
    this.#percentAsText = !this.#percentAsText;
    return said;
  }
}

/** Its power limit is the nameplate's watts unless a person has changed it. */
async function recognise(host: string, context: AdapterContext, signal: AbortSignal): Promise<Recognised | undefined> {
  const session = new WhatsminerV3Session({ host, port: PORT, account: 'super', ...suggested }, context);
  const identity = identityOf((await session.ask('get.device.info', undefined, signal)).body);
  if (identity.firmware === undefined) return undefined;
  const ratedW = powerLimitW((await session.ask('get.miner.status', 'summary', signal)).body);
  return { identity, options: suggested, ...(ratedW !== undefined && { ratedW }) };
}
