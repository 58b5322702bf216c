/**
 * Bitdeer SealMiner, its cgminer API (bdminer) on TCP 4028.
 *
 * Models: A1, A2, A3 series. Firmware: replies of an A2 of 2025-09 were recorded while it mined; nobody has published
 * one of a miner at rest. There is no password on this port: the miners' network must be closed.
 *
 * Resting is `suspend`; there is no opposite, so waking restarts the mining process. Of the words in which the miner
 * names its state only "Running" is known: it counts as asleep when it says that it is suspended or sleeps, and as
 * neither in between. Power limits, reboots and lamps take its web interface, and a limit a reboot: they are not here.
 */
import * as z from 'zod';
import type { Adapter, AdapterContext, Controls, DeviceReading, Identity } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { parseCgminerJson } from '../transport/cgminer-json.ts';
import type { CodeMeanings } from '../transport/cgminer-reply.ts';
import { accepted } from '../transport/cgminer-reply.ts';
import { askCgminer } from '../transport/cgminer-socket.ts';
import type { DeviceLine } from '../transport/device-line.ts';
import { acceptClosing } from '../transport/device-line.ts';
import { checked, flag, macIn, present, quantity, withoutUndefined, words } from '../transport/fields.ts';
import type { Peer } from '../transport/one-connection.ts';
import type { Firmware } from './miner-device.ts';
import { control, gentle, PlainMiner } from './miner-device.ts';
import type { Reading } from './miner-reading.ts';
import { filled, hottest, megaToTera } from './miner-reading.ts';
import type { AddressOptions } from './options.ts';
import { addressOptions } from './options.ts';

const PORT = 4028;

const options = addressOptions(PORT);

export const sealminer: Adapter<AddressOptions> = {
  name: 'sealminer',
  kind: 'miner',
  options,
  open: (given, context) => new PlainMiner(new Sealminer(given, context), context),
  recognition: {
    ports: [PORT],
    ask: async (host, context, signal) => {
      const reply = await new Sealminer({ host, port: PORT }, context).stats(signal);
      const ratedW = statsOf(reply.value)['Power Limit'];
      return { identity: identityOf(reply.value), ...(ratedW !== undefined && { ratedW }) };
    },
  },
};

const TIMEOUT_MS = 5_000;
const RENEW_MS = 10 * 60_000;
/** Nobody has published how fast it suspends: assumed. */
const SLEEP_SETTLE_MS = 15_000;
/** The recorded miner took 222 s to boot its boards, then 580 s to raise the frequency. */
const WAKE_SETTLE_MS = 800_000;
/** Assumed, as of other miners with their boards off. */
const RESIDUAL_W = 30;

class Sealminer implements Firmware {
  readonly renewMs = RENEW_MS;
  readonly #peer: Peer;

  constructor({ host, port }: AddressOptions, { connect, clock }: AdapterContext) {
    this.#peer = { host, port, connect, clock };
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    return identityOf((await this.stats(signal)).value);
  }

  async read(signal: AbortSignal): Promise<DeviceReading> {
    const { value, repairs } = await this.stats(signal);
    return { ...readingOf(value), repairs };
  }

  async stats(signal: AbortSignal) {
    const { reply, repairs } = await this.#ask({ command: 'stats' }, signal);
    return { value: reply, repairs };
  }

  controls(line: DeviceLine): Controls {
    const restart = control(
      line,
      'raise',
      { ...gentle, settle_ms: WAKE_SETTLE_MS, restarts: true },
      async (signal) => (await this.#ask({ command: 'restart' }, signal)).said,
    );
    return {
      sleep: {
        ...control(
          line,
          'lower',
          { ...gentle, settle_ms: SLEEP_SETTLE_MS },
          async (signal) => (await this.#ask({ command: 'ascset', parameter: '0,suspend' }, signal)).said,
        ),
        residualW: RESIDUAL_W,
      },
      // The process that should answer is the one that restarts.
      wake: { ...restart, run: (signal) => acceptClosing(restart.run(signal), WAKE_SETTLE_MS) },
    };
  }

  async #ask(request: { command: string; parameter?: string }, signal: AbortSignal) {
    const { value, repairs } = parseCgminerJson(await askCgminer(this.#peer, request, TIMEOUT_MS, signal));
    return { ...accepted(request.command, value, meanings), repairs: repairs.length };
  }
}

/** Throws `AdapterError('malformed')` naming the field. */
export function readingOf(reply: unknown): Reading {
  const stats = statsOf(reply);
  const boards = [0, 1, 2, 3].filter((board) => stats[`${board} Online`] !== undefined);
  const boardC = present(boards.map((board) => hottest([2, 3].map((at) => numberOf(stats[`${board} Temp ${at}`])))));
  const fanRpm = present([0, 1, 2, 3].map((fan) => numberOf(stats[`${fan} Speed`])));
  const powerW = stats['PSU Input Power'];
  const rate = stats['MHS(30s)'] ?? stats['MHS(Avg)'];
  return withoutUndefined<Reading>({
    asleep: asleepIn(stats['PM State']),
    powerW,
    powerFrom: powerW === undefined ? undefined : 'psu',
    hashrateThs: megaToTera(rate),
    ratedHashrateThs: megaToTera(stats['MHS(Rated)']),
    chipMaxC: stats.Temp || undefined,
    boardC: filled(boardC),
    fanRpm: stats['Liquid Cooling'] === true ? undefined : filled(fanRpm),
    uptimeS: stats['System Uptime'],
    faults: present([
      stats['Error Code'] === undefined ? undefined : `Error Code: ${stats['Error Code']}`,
      /[1-9a-f]/i.test(stats['PSU Error']?.replace(/^0x/, '') ?? '') ? `PSU Error: ${stats['PSU Error']}` : undefined,
    ]),
  });
}

/** Throws `unsupported` for what speaks the same protocol and is no SealMiner. */
export function identityOf(reply: unknown): Identity {
  const stats = statsOf(reply);
  if (!stats.ASIC?.startsWith('Seal')) {
    throw new AdapterError('unsupported', 'the miner does not say that it is a SealMiner');
  }
  return withoutUndefined<Identity>({
    make: 'Bitdeer',
    model: stats.Model === undefined ? undefined : `SealMiner ${stats.Model}`,
    firmware: stats.Firmware,
    mac: macIn(stats.MAC),
    serial: stats['Ctrl Board SN'],
  });
}

const statsRow = z.looseObject({
  ASIC: words,
  Model: words,
  Firmware: words,
  MAC: words,
  'Ctrl Board SN': words,
  'PM State': words,
  /** Watts. */
  'PSU Input Power': quantity,
  'Power Limit': quantity,
  /** MH/s. */
  'MHS(30s)': quantity,
  'MHS(Avg)': quantity,
  'MHS(Rated)': quantity,
  /** Degrees Celsius, the hottest. */
  Temp: quantity,
  'Liquid Cooling': flag,
  /** Seconds. */
  'System Uptime': quantity,
  'Error Code': words,
  'PSU Error': words,
});

function statsOf(reply: unknown): z.infer<typeof statsRow> {
  const { STATS } = checked(z.looseObject({ STATS: z.array(statsRow).default([]) }), 'stats', reply);
  const [stats] = STATS;
  if (!stats) throw new AdapterError('malformed', 'the reply to stats has no STATS');
  return stats;
}

function asleepIn(state: string | undefined): boolean | undefined {
  if (state === 'Running') return false;
  return /suspend|sleep/i.test(state ?? '') ? true : undefined;
}

function numberOf(value: unknown): number | undefined {
  return quantity.safeParse(value).data;
}

/** cgminer's own. */
const meanings: CodeMeanings = {
  14: ['unsupported', 'this firmware does not know the command'],
  45: ['unauthorised', 'it does not let this controller change anything'],
};
