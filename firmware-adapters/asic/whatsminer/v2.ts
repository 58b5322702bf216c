/**
 * MicroBT WhatsMiner, API v1 and v2 on TCP 4028.
 *
 * Models: M20 and M30 to M60 series, air, hydro and immersion. Partial power (`limit`) needs an M30 or newer.
 * Firmware: 2020-08 and later; 2024-10-11 or later has every command used here. Firmware from 2024-11 on (REL3) speaks
 * API v3 on port 4433 as well and answers v2 in a slightly different shape, which is read too; its v2 writes may be off.
 *
 * The technician must, with WhatsMinerTool: enable the miner's API (it ships disabled), replace the default password
 * `admin` (writes are refused with it) and put the new one in `password_file`. Power Fast Boot is worth enabling: it
 * cuts the way back to full load from about ten minutes to one.
 *
 * Commands are from the maker's API manual V2.2 (2025-05-09). How long things take is in `times.ts`: priors, until the
 * agent has learned its own.
 */
import * as z from 'zod';
import type { Millis } from '#protocol/units.ts';
import type {
  Ack,
  Adapter,
  AdapterContext,
  Controls,
  Device,
  DeviceReading,
  Identity,
  Pool,
  Recognised,
} from '../../contract.ts';
import { AdapterError, unless } from '../../errors.ts';
import { acceptClosing, DeviceLine } from '../../transport/device-line.ts';
import type { Urgency } from '../../transport/wire-queue.ts';
import { gentle } from '../miner-device.ts';
import { address, passwordFile, portOr } from '../options.ts';
import { poolsOf } from '../pools.ts';
import {
  LIMIT_SETTLE_MS,
  limitRange,
  REBOOT_SETTLE_MS,
  RESIDUAL_W,
  redBlink,
  SLEEP_SETTLE_MS,
  WAKE_SETTLE_MS,
} from './times.ts';
import type { IdentityReplies } from './v2-reading.ts';
import { countsFaults, identityOf, powerLimitW, readingOf } from './v2-reading.ts';
import type { Command } from './v2-session.ts';
import { WhatsminerSession } from './v2-session.ts';

const PORT = 4028;
/** What only the technician can give: a name for the file until then. */
const suggested = { password_file: 'whatsminer.pw' };

const options = z.object({
  host: address,
  port: portOr(PORT),
  /** The file whose first line is the miner's admin password, relative to the config's folder. */
  password_file: passwordFile,
});

type WhatsminerOptions = z.infer<typeof options>;

export const whatsminerV2: Adapter<WhatsminerOptions> = {
  name: 'whatsminer-v2',
  kind: 'miner',
  options,
  open: (given, context) => new WhatsminerV2(given, context),
  recognition: {
    ports: [PORT],
    ask: (host, context, signal) => new WhatsminerV2({ host, port: PORT, ...suggested }, context).recognise(signal),
  },
};

/** A token lives 30 minutes. */
const RENEW_MS = 25 * 60_000;

/** With "respbefore" the miner answers before it cuts; without, after it has shut the boards down. */
const powerOff = { cmd: 'power_off', respbefore: 'true' };

class WhatsminerV2 implements Device {
  readonly controls: Controls;
  readonly #session: WhatsminerSession;
  readonly #line: DeviceLine;
  /** As they were when the line was warmed. */
  #pools: Pool[] | undefined;

  constructor(given: WhatsminerOptions, context: AdapterContext) {
    const { clock, log } = context;
    this.#session = new WhatsminerSession(given, context);
    this.#line = new DeviceLine({
      clock,
      log,
      renewMs: RENEW_MS,
      identify: (signal) => this.#readIdentity(signal),
      prepare: async (signal) => {
        await this.#session.prepare(powerOff, signal);
        await this.#readPools(signal);
      },
    });
    this.controls = this.#offer();
  }

  start(): void {
    this.#line.start();
  }

  stop(): Promise<void> {
    return this.#line.stop();
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    return this.#line.identify(signal);
  }

  read(signal?: AbortSignal): Promise<DeviceReading> {
    return this.#line.run('read', (abort) => this.#read(abort), signal);
  }

  /** Only a WhatsMiner knows `get_version`; its power limit is the nameplate's watts unless a person has changed it. */
  async recognise(signal: AbortSignal): Promise<Recognised | undefined> {
    const identity = await this.#readIdentity(signal);
    if (identity.firmware === undefined) return undefined;
    const summary = await unless(['unsupported', 'refused'], this.#session.ask('summary', signal));
    const ratedW = powerLimitW(summary?.body);
    return { identity, options: suggested, ...(ratedW !== undefined && { ratedW }) };
  }

  #offer(): Controls {
    return {
      sleep: {
        capability: { ...gentle, settle_ms: SLEEP_SETTLE_MS },
        residualW: RESIDUAL_W,
        run: (signal) => this.#write('lower', powerOff, SLEEP_SETTLE_MS, signal),
      },
      wake: {
        capability: { ...gentle, settle_ms: WAKE_SETTLE_MS },
        run: (signal) => this.#write('raise', { cmd: 'power_on' }, WAKE_SETTLE_MS, signal),
      },
      limit: {
        capability: { ...gentle, settle_ms: LIMIT_SETTLE_MS, range: limitRange },
        run: (value, lowers, signal) => this.#limit(value, lowers, signal),
      },
      reboot: {
        capability: { ...gentle, settle_ms: REBOOT_SETTLE_MS, restarts: true },
        run: (signal) =>
          acceptClosing(this.#write('raise', { cmd: 'reboot' }, REBOOT_SETTLE_MS, signal), REBOOT_SETTLE_MS),
      },
      locate: {
        capability: { ...gentle, settle_ms: 0 },
        run: (signal) => this.#write('raise', { cmd: 'set_led', ...redBlink }, 0, signal),
        stop: (signal) => this.#write('raise', { cmd: 'set_led', param: 'auto' }, 0, signal),
      },
    };
  }

  async #limit(percent: number, lowers: boolean, signal?: AbortSignal): Promise<Ack> {
    const { min, max } = limitRange;
    if (!(percent >= min && percent <= max)) {
      throw new AdapterError('refused', `a limit of ${percent} % is outside ${min} to ${max} %`);
    }
    const command = { cmd: 'set_power_pct', percent: String(Math.round(percent)) };
    return await this.#write(lowers ? 'lower' : 'raise', command, LIMIT_SETTLE_MS, signal);
  }

  async #write(urgency: Urgency, command: Command, settleMs: Millis, signal?: AbortSignal): Promise<Ack> {
    const { said } = await this.#line.run(urgency, (abort) => this.#session.write(command, abort), signal);
    return { said, settleMs };
  }

  async #read(signal: AbortSignal): Promise<DeviceReading> {
    const status = await this.#session.ask('status', signal);
    const asleep = readingOf({ status: status.body }).asleep === true;
    // The process that counts the hashes is stopped while the miner sleeps: then its silence is no fault.
    const summary = await unless(asleep ? ['unsupported', 'refused'] : [], this.#session.ask('summary', signal));
    const errors = countsFaults(summary?.body)
      ? undefined
      : await unless(['unsupported'], this.#session.ask('get_error_code', signal));
    return {
      ...(this.#pools && { pools: this.#pools }),
      ...readingOf({ status: status.body, summary: summary?.body, get_error_code: errors?.body }),
      repairs: status.repairs + (summary?.repairs ?? 0) + (errors?.repairs ?? 0),
    };
  }

  /**
   * A command of its own, which would make every reading a round trip longer: so it is asked for ahead, and which pool
   * answers, and which it works for, is left out: that would be old.
   */
  async #readPools(signal: AbortSignal): Promise<void> {
    const reply = await unless(['unsupported', 'refused'], this.#session.ask('pools', signal));
    this.#pools = poolsOf(reply?.rows)?.map(({ alive: _, active: __, ...pool }) => pool);
  }

  /** Old firmware lacks one or the other command; each is asked only for what is still unknown. */
  async #readIdentity(signal: AbortSignal): Promise<Identity> {
    const version = await this.#session.ask('get_version', signal);
    const info = await unless(['unsupported'], this.#session.ask('get_miner_info', signal));
    const replies: IdentityReplies = { get_version: version.body, get_miner_info: info?.body };
    if (identityOf(replies).model === undefined) {
      replies.devdetails = (await unless(['unsupported', 'refused'], this.#session.ask('devdetails', signal)))?.body;
    }
    if (identityOf(replies).mac === undefined) {
      replies.summary = (await unless(['unsupported', 'refused'], this.#session.ask('summary', signal)))?.body;
    }
    return identityOf(replies);
  }
}
