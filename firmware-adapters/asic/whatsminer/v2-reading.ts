/** What a WhatsMiner's replies say about it, in the agent's units. Pure: tested on literal replies. */
import * as z from 'zod';
import type { Watts } from '#protocol/units.ts';
import type { Identity } from '../../contract.ts';
import { checked, flag, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { filled, gigaToTera } from '../miner-reading.ts';

/** What the replies say; how many repairs they needed is known where they were parsed. */
export type ReadingReplies = {
  status: unknown;
  /** Absent when a sleeping miner would not tell. */
  summary?: unknown;
  /** Absent when the summary counts the faults itself, or the firmware has no such command. */
  get_error_code?: unknown;
};

export type IdentityReplies = {
  get_version: unknown;
  get_miner_info?: unknown;
  devdetails?: unknown;
  summary?: unknown;
};

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf(replies: ReadingReplies): Reading {
  const status = checked(statusSchema, 'status', replies.status);
  const summary = checked(summarySchema, 'summary', replies.summary ?? {});
  const errors = checked(errorCodeSchema, 'get_error_code', replies.get_error_code ?? {});
  // A liquid-cooled miner reports its missing fans as 0 rpm, and the air inside its closed case as its surroundings.
  const airCooled = status.liquid_temp === undefined && summary['Liquid Cooling'] !== true;
  const ratedHashrateThs = gigaToTera(summary['Factory GHS']);
  const fanRpm = present([summary['Fan Speed In'], summary['Fan Speed Out']]);
  return withoutUndefined<Reading>({
    asleep: status.mineroff ?? status.btmineroff,
    powerW: summary.Power,
    powerFrom: summary.Power === undefined ? undefined : 'estimate',
    limit: status.power_pct,
    hashrateThs: hashrateThs(summary['HS RT'] ?? summary['MHS 1m'] ?? summary['MHS av'], ratedHashrateThs),
    ratedHashrateThs,
    // 0 is what a miner prints that does not hash.
    efficiencyJPerTh: summary['Power Rate'] || undefined,
    chipMaxC: summary['Chip Temp Max'],
    // The hottest board. The others would cost a round trip more at every look (`edevs`) and decide nothing.
    boardC: summary.Temperature === undefined ? undefined : [summary.Temperature],
    inletC: airCooled ? summary['Env Temp'] : undefined,
    fanRpm: airCooled ? filled(fanRpm) : undefined,
    uptimeS: summary.Uptime,
    faults: countsFaults(replies.summary) ? faultsInSummary(summary) : faultsIn(errors.error_code),
  });
}

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function identityOf(replies: IdentityReplies): Identity {
  const version = checked(versionSchema, 'get_version', replies.get_version);
  const info = checked(minerInfoSchema, 'get_miner_info', replies.get_miner_info ?? {});
  const details = checked(devdetailsSchema, 'devdetails', replies.devdetails ?? {});
  const summary = checked(summarySchema, 'summary', replies.summary ?? {});
  return withoutUndefined<Identity>({
    make: 'MicroBT',
    model: version.miner_type ?? details.Model ?? info.model,
    firmware: version.fw_ver,
    mac: macIn(info.mac ?? summary.MAC),
    serial: info.minersn,
    hostname: info.hostname,
  });
}

/** Whether the summary lists the faults itself, as API v1 does, so that `get_error_code` need not be asked. */
export function countsFaults(summary: unknown): boolean {
  return checked(summarySchema, 'summary', summary ?? {})['Error Code Count'] !== undefined;
}

/** What a summary says the miner may draw; undefined when it does not say. */
export function powerLimitW(summary: unknown): Watts | undefined {
  return checked(summarySchema, 'summary', summary ?? {})['Power Limit'] || undefined;
}

/**
 * TH/s of a rate that the protocol has in MH/s. Some firmware writes GH/s or TH/s under the same key, so a rate that
 * would be next to nothing in MH/s (a single chip is more than 0.1 % of a miner) but plausible in one of those is
 * taken for it. A rate that is too high in MH/s already is no reading.
 */
export function hashrateThs(rate: number | undefined, ratedThs: number | undefined): number | undefined {
  if (rate === undefined) return undefined;
  const said = rate / 1e6;
  if (!ratedThs || said === 0) return said;
  if (said > HIGHEST_SHARE * ratedThs) return undefined;
  if (said > 0.0015 * ratedThs) return said;
  const plausible = [rate / 1e3, rate].find((ths) => ths >= 0.05 * ratedThs && ths <= HIGHEST_SHARE * ratedThs);
  return plausible ?? said;
}

/** Of the factory rate. High power mode reaches 1.25. */
const HIGHEST_SHARE = 1.5;

const statusSchema = z.looseObject({
  /** Whether mining is switched off; the second name is API v1's. */
  mineroff: flag,
  btmineroff: flag,
  /** Percent of the power limit in force. */
  power_pct: quantity,
  /** Coolant, degrees Celsius; only on liquid-cooled models. */
  liquid_temp: quantity,
});

const summarySchema = z.looseObject({
  /** Watts. No source says that the PSU measured them, so they count as an estimate (`get_psu` has a `pin`). */
  Power: quantity,
  'Power Limit': quantity,
  /** J/TH. */
  'Power Rate': quantity,
  /** Hash rates, MH/s: now, over a minute, since the start. */
  'HS RT': quantity,
  'MHS 1m': quantity,
  'MHS av': quantity,
  /** GH/s. */
  'Factory GHS': quantity,
  /** Degrees Celsius: hottest board, surroundings, hottest chip. */
  Temperature: quantity,
  'Env Temp': quantity,
  'Chip Temp Max': quantity,
  /** Revolutions per minute. */
  'Fan Speed In': quantity,
  'Fan Speed Out': quantity,
  'Liquid Cooling': flag,
  /** Seconds since the control board started. */
  Uptime: quantity,
  /** API v1: followed by `Error Code 0` and so on. */
  'Error Code Count': quantity,
  MAC: words,
});

/** Codes with the time they came up: a list of one-entry maps, or one map. */
const errorCodeSchema = z.looseObject({
  error_code: z
    .union([
      z.array(z.union([z.string(), z.number(), z.record(z.string(), z.unknown())])),
      z.record(z.string(), z.unknown()),
    ])
    .optional(),
});

const versionSchema = z.looseObject({ fw_ver: words, miner_type: words });
const minerInfoSchema = z.looseObject({ mac: words, minersn: words, hostname: words, model: words });
const devdetailsSchema = z.looseObject({ Model: words });

/** More than any miner has; the count is the miner's own word, and a flipped digit in it must not fill the memory. */
const MOST_FAULTS = 1000;

function faultsInSummary(summary: z.infer<typeof summarySchema>): string[] {
  const count = Math.min(summary['Error Code Count'] ?? 0, MOST_FAULTS);
  return present(Array.from({ length: count }, (_, index) => summary[`Error Code ${index}`])).map(String);
}

function faultsIn(codes: z.infer<typeof errorCodeSchema>['error_code']): string[] {
  const entries = Array.isArray(codes) ? codes : [codes ?? {}];
  return entries.flatMap((entry) => (typeof entry === 'object' ? Object.keys(entry) : [String(entry)]));
}
