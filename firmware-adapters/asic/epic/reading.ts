/** What ePIC's replies say about a miner, in the agent's units. Pure: tested on literal replies. */
import * as z from 'zod';
import type { Watts } from '#protocol/units.ts';
import type { Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked, flag, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading as MinerReading } from '../miner-reading.ts';
import { filled } from '../miner-reading.ts';

/** Without what only `capabilities` says, and the repairs, which are known where the reply was parsed. */
export type Reading = Omit<MinerReading, 'ratedHashrateThs'>;

export type Capabilities = {
  /** Terahashes per second with the maker's settings. */
  ratedHashrateThs: number | undefined;
  /** What the tuner that aims at watts may be told; undefined where the firmware has none. */
  powerRange: { min: Watts; max: Watts } | undefined;
};

/** Throws `AdapterError('malformed')` naming the field. */
export function readingOf(reply: unknown): Reading {
  const summary = checked(summaryReply, '/summary', reply);
  const boards = summary.HBs ?? [];
  const rates = present(boards.map(({ Hashrate }) => Hashrate?.[0]));
  const boardC = present(boards.map(({ Temperature }) => Temperature || undefined));
  const fanRpm = present(Object.values(summary['Fans Rpm'] ?? {}));
  // 0 is what it prints where the power supply does not tell: the control board alone draws more.
  const powerW = summary['Power Supply Stats']?.['Input Power'] || undefined;
  const state = summary.Status['Operating State'];
  const error = summary.Status['Last Error'];
  return withoutUndefined<Reading>({
    asleep: state === undefined ? undefined : state === 'Idling',
    powerW,
    powerFrom: powerW === undefined ? undefined : 'psu',
    limit: powerTargetOf(summary),
    hashrateThs: rates.length > 0 ? rates.reduce((sum, rate) => sum + rate, 0) / 1e6 : undefined,
    boardC: filled(boardC),
    fanRpm: filled(fanRpm),
    uptimeS: summary.Session?.Uptime,
    faults: error === undefined || error === null ? [] : [typeof error === 'string' ? error : JSON.stringify(error)],
  });
}

export function capabilitiesOf(reply: unknown): Capabilities {
  const capabilities = checked(capabilitiesReply, '/capabilities', reply);
  const power = capabilities.PerpetualTune?.find(({ algorithm }) => algorithm === 'Power');
  const powerRange = power?.min !== undefined && power.max !== undefined && power.min < power.max;
  return {
    ratedHashrateThs: capabilities['Default Hashrate'],
    powerRange: powerRange ? { min: power.min ?? 0, max: power.max ?? 0 } : undefined,
  };
}

/** Throws `unsupported` for what answers on the port and is not PowerPlay. */
export function identityOf(replies: { summary: unknown; capabilities: unknown; network: unknown }): Identity {
  const { Software, Hostname } = checked(summaryReply, '/summary', replies.summary);
  if (!Software?.startsWith('PowerPlay')) {
    throw new AdapterError('unsupported', 'the miner does not say that it runs PowerPlay');
  }
  const { Model } = checked(capabilitiesReply, '/capabilities', replies.capabilities);
  const network = checked(networkReply, '/network', replies.network);
  return withoutUndefined<Identity>({
    make: makeOf(Model),
    model: Model,
    firmware: Software,
    mac: macIn(present(Object.values(network).map((each) => each?.mac_address))[0]),
    hostname: Hostname,
  });
}

/** A tuner that aims at anything else is no limit in watts, and would be lost to one. */
function powerTargetOf({ PerpetualTune }: z.infer<typeof summaryReply>): Watts | undefined {
  return PerpetualTune?.Running === true ? PerpetualTune.Algorithm?.['Power']?.Target : undefined;
}

const summaryReply = z.looseObject({
  Software: words,
  Hostname: words,
  Status: z.looseObject({ 'Operating State': words, 'Last Error': z.unknown().optional() }),
  Session: z.looseObject({ /** Seconds. */ Uptime: quantity }).nullish(),
  'Power Supply Stats': z.looseObject({ /** Watts. */ 'Input Power': quantity }).nullish(),
  /** `Fans Speed 1` to 12, null where there is none. */
  'Fans Rpm': z.record(z.string(), quantity).nullish(),
  /** Boards that run; MH/s first in `Hashrate`, degrees Celsius. */
  HBs: z.array(z.looseObject({ Hashrate: z.array(quantity).nullish(), Temperature: quantity })).nullish(),
  /** By the tuner's name. */
  PerpetualTune: z
    .looseObject({
      Running: flag,
      Algorithm: z.record(z.string(), z.looseObject({ Target: quantity }).optional()).nullish(),
    })
    .nullish(),
});

const capabilitiesReply = z.looseObject({
  Model: words,
  /** TH/s. */
  'Default Hashrate': quantity,
  PerpetualTune: z.array(z.looseObject({ algorithm: words, min: quantity, max: quantity })).nullish(),
});

/** One entry, `dhcp` or `static`. */
const networkReply = z.record(z.string(), z.looseObject({ mac_address: words }).nullish());

/** PowerPlay is firmware for other makers' miners, and ePIC's own. */
function makeOf(model: string | undefined): string {
  if (/antminer/i.test(model ?? '')) return 'Bitmain';
  return /whatsminer/i.test(model ?? '') ? 'MicroBT' : 'ePIC';
}
