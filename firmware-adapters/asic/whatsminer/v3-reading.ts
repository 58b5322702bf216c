/** What a WhatsMiner's replies of API v3 say about it, in the agent's units. Pure: tested on literal replies. */
import * as z from 'zod';
import type { Watts } from '#protocol/units.ts';
import type { Identity, Pool } from '../../contract.ts';
import { checked, flag, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { filled } from '../miner-reading.ts';
import { hashrateThs } from './v2-reading.ts';

/** Bodies (`msg`) by command. */
export type ReadingReplies = {
  'get.device.info': unknown;
  /** Absent when a sleeping miner would not tell. */
  'get.miner.status'?: unknown;
  /** Absent on firmware without it. */
  'get.miner.setting'?: unknown;
};

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf(replies: ReadingReplies): Reading {
  const info = checked(infoBody, 'get.device.info', replies['get.device.info']);
  const { summary = {}, pools } = checked(statusBody, 'get.miner.status', replies['get.miner.status'] ?? {});
  const ratedHashrateThs = summary['factory-hash'] || undefined;
  const rate = summary['hash-realtime'] ?? summary['hash-1min'];
  const boardC = present(summary['board-temperature'] ?? []);
  const fanRpm = present([summary['fan-speed-in'], summary['fan-speed-out']]);
  // A liquid-cooled miner reports its missing fans as 0 rpm, and the air inside its closed case as its surroundings.
  const airCooled = info.power?.['liquid-temperature'] === undefined;
  return withoutUndefined<Reading>({
    asleep: info.miner?.working === undefined ? undefined : !info.miner.working,
    powerW: summary['power-realtime'],
    // No source says that the PSU measured them; they differ from its own `pin` by little.
    powerFrom: summary['power-realtime'] === undefined ? undefined : 'estimate',
    limit: percentIn(replies['get.miner.setting']),
    // In TH/s; the check of its unit is API v2's, which has MH/s.
    hashrateThs: rate === undefined ? undefined : hashrateThs(rate * 1e6, ratedHashrateThs),
    ratedHashrateThs,
    // 0 is what a miner prints that does not hash.
    efficiencyJPerTh: summary['power-rate'] || undefined,
    chipMaxC: summary['chip-temp-max'],
    boardC: filled(boardC),
    inletC: airCooled ? summary['environment-temperature'] : undefined,
    fanRpm: airCooled ? filled(fanRpm) : undefined,
    uptimeS: summary['bootup-time'],
    pools: pools && present(pools.map(poolOf)),
    faults: (info['error-code'] ?? []).flatMap(faultOf),
  });
}

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function identityOf(body: unknown): Identity {
  const { miner, network, system } = checked(infoBody, 'get.device.info', body);
  return withoutUndefined<Identity>({
    make: 'MicroBT',
    model: miner?.type,
    firmware: system?.fwversion,
    mac: macIn(network?.mac),
    serial: miner?.['miner-sn'],
    hostname: network?.hostname,
  });
}

/** What writes are signed with. Throws `AdapterError('malformed')` without one. */
export function saltIn(body: unknown): string {
  return checked(z.looseObject({ salt: z.string() }), 'get.device.info', body).salt;
}

/** Percent of the power limit in force; undefined when the miner does not say. */
export function percentIn(setting: unknown): number | undefined {
  const percent = checked(settingBody, 'get.miner.setting', setting ?? {})['power-percent'];
  // Assumed: nobody runs at nothing, so 0 is that none is set.
  return percent === 0 ? 100 : percent;
}

/** What the miner may draw; undefined when it does not say. */
export function powerLimitW(status: unknown): Watts | undefined {
  return checked(statusBody, 'get.miner.status', status).summary?.['power-limit'] || undefined;
}

const summaryBody = z.looseObject({
  /** Watts. */
  'power-realtime': quantity,
  'power-limit': quantity,
  /** J/TH. */
  'power-rate': quantity,
  /** TH/s. */
  'hash-realtime': quantity,
  'hash-1min': quantity,
  'factory-hash': quantity,
  /** Degrees Celsius. */
  'board-temperature': z.array(quantity).nullish(),
  'chip-temp-max': quantity,
  'environment-temperature': quantity,
  /** Revolutions per minute. */
  'fan-speed-in': quantity,
  'fan-speed-out': quantity,
  /** Seconds since the control board started. */
  'bootup-time': quantity,
});

const poolBody = z.looseObject({ url: words, account: words, status: words, 'stratum-active': flag });
const statusBody = z.looseObject({ summary: summaryBody.optional(), pools: z.array(poolBody).optional() });
/** Percent. */
const settingBody = z.looseObject({ 'power-percent': quantity });

const infoBody = z.looseObject({
  miner: z.looseObject({ type: words, 'miner-sn': words, /** Whether it mines. */ working: flag }).optional(),
  network: z.looseObject({ mac: words, hostname: words }).optional(),
  system: z.looseObject({ fwversion: words }).optional(),
  /** Degrees Celsius of the coolant; only on liquid-cooled models. */
  power: z.looseObject({ 'liquid-temperature': quantity }).optional(),
  /** Each with its time under its code, and a reason. */
  'error-code': z.array(z.record(z.string(), z.unknown())).nullish(),
});

function poolOf({ url, account, status, ...row }: z.infer<typeof poolBody>): Pool | undefined {
  if (url === undefined) return undefined;
  const alive = status === undefined ? undefined : status.toLowerCase() === 'alive';
  return withoutUndefined<Pool>({ url, user: account, alive, active: row['stratum-active'] });
}

function faultOf({ reason, ...codes }: Record<string, unknown>): string[] {
  const said = typeof reason === 'string' ? `: ${reason}` : '';
  return Object.keys(codes).map((code) => `${code}${said}`);
}
