/** What a VNish miner's replies say about it, in the agent's units. Pure: tested on literal replies. */
import * as z from 'zod';
import type { Watts } from '#protocol/units.ts';
import type { Identity, Pool } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked, flag, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading as MinerReading } from '../miner-reading.ts';
import { filled } from '../miner-reading.ts';

export type Reading = Omit<MinerReading, 'limit'>;

/** `measure` is the unit of its rates, as `info` names it. Throws `AdapterError('malformed')` naming the field. */
export function readingOf(summary: unknown, measure: string | undefined): Reading {
  const { miner } = checked(summaryReply, 'summary', summary);
  const state = miner.miner_status?.miner_state;
  const chains = miner.chains ?? [];
  const boardC = present(chains.map(({ pcb_temp }) => pcb_temp?.max)).filter((celsius) => celsius !== 0);
  const fanRpm = present((miner.cooling?.fans ?? []).map(({ rpm }) => rpm));
  return withoutUndefined<Reading>({
    asleep: state === undefined ? undefined : state === 'stopped',
    powerW: miner.power_consumption,
    powerFrom: miner.power_consumption === undefined ? undefined : miner.psu?.psu_power_metering ? 'psu' : 'estimate',
    hashrateThs: teraOf(miner.hr_realtime, measure),
    ratedHashrateThs: teraOf(miner.hr_stock, measure) || undefined,
    efficiencyJPerTh: miner.power_efficiency || undefined,
    chipMaxC: miner.chip_temp?.max || undefined,
    boardC: filled(boardC),
    fanRpm: filled(fanRpm),
    pools: miner.pools ? present(miner.pools.map(poolOf)) : undefined,
    faults: [...faultsOf('miner', miner.miner_status), ...chains.flatMap(chainFaults)],
  });
}

/** Throws `unsupported` for what answers on the same path but is not VNish. */
export function identityOf(info: unknown): Identity & { measure?: string } {
  const said = checked(infoReply, 'info', info);
  if (said.fw_name?.toLowerCase() !== 'vnish')
    throw new AdapterError('unsupported', 'it does not say that it is VNish');
  const network = said.system?.network_status;
  return withoutUndefined<Identity & { measure?: string }>({
    // VNish is firmware for Antminers.
    make: 'Bitmain',
    model: said.miner ?? said.model,
    firmware: said.fw_version === undefined ? 'VNish' : `VNish ${said.fw_version}`,
    mac: macIn(network?.mac),
    serial: said.serial === 'N/A' ? undefined : said.serial,
    hostname: network?.hostname,
    measure: said.hr_measure,
  });
}

export type Preset = { name: string; watts: Watts; tuned: boolean };

/** Those that are a number of watts, lowest first. */
export function presetsOf(reply: unknown): Preset[] {
  const rows = checked(z.array(presetRow), 'autotune/presets', reply);
  const presets = rows.map(({ name, status }) => {
    const watts = wattsIn(name);
    return name === undefined || watts === undefined ? undefined : { name, watts, tuned: status === 'tuned' };
  });
  return present<Preset>(presets).toSorted((one, other) => one.watts - other.watts);
}

/** The name of the preset in force; undefined without one. */
export function presetIn(perfSummary: unknown): string | undefined {
  return checked(perfReply, 'perf-summary', perfSummary).current_preset?.name;
}

/** The overclocking part of the settings as it is, with another preset. */
export function withPreset(settings: unknown, preset: string): object {
  const { overclock } = checked(settingsReply, 'settings', settings).miner;
  return { miner: { overclock: { ...overclock, preset } } };
}

function wattsIn(name: string | undefined): Watts | undefined {
  return name !== undefined && /^\d{2,5}$/.test(name) ? Number(name) : undefined;
}

/** GH/s unless `info` names another unit. */
function teraOf(rate: number | undefined, measure = 'GH/s'): number | undefined {
  const perTera = { T: 1, G: 1e-3, M: 1e-6 }[measure.charAt(0).toUpperCase()];
  return rate === undefined || perTera === undefined ? undefined : rate * perTera;
}

/** The firmware's own pool for its fee is not the owner's. */
function poolOf({ url, user, status, pool_type }: z.infer<typeof poolRow>): Pool | undefined {
  if (url === undefined || pool_type === 'DevFee') return undefined;
  const known = status?.toLowerCase();
  const alive = known === undefined ? undefined : known === 'active' || known === 'working';
  return withoutUndefined<Pool>({ url, user, alive, active: known === undefined ? undefined : known === 'active' });
}

function chainFaults({ id, status }: z.infer<typeof chainRow>): string[] {
  return faultsOf(`chain ${id ?? '?'}`, { miner_state: status?.state, ...status });
}

function faultsOf(where: string, status: z.infer<typeof statusRow> | undefined): string[] {
  if (status?.miner_state !== 'failure' && status?.failure_code === undefined) return [];
  const code = status.failure_code === undefined ? '' : ` ${status.failure_code}`;
  return [`${where}: failure${code}${status.description === undefined ? '' : `: ${status.description}`}`];
}

const infoReply = z.looseObject({
  fw_name: words,
  fw_version: words,
  miner: words,
  model: words,
  serial: words,
  /** Unit of the rates. */
  hr_measure: words,
  system: z.looseObject({ network_status: z.looseObject({ mac: words, hostname: words }).optional() }).optional(),
});

const statusRow = z.looseObject({
  /** mining, initializing, starting, auto-tuning, restarting, shutting-down, stopped, failure. */
  miner_state: words,
  failure_code: quantity,
  description: words,
});
const temperatures = z.looseObject({ /** Degrees Celsius. */ max: quantity }).nullish();
const poolRow = z.looseObject({ url: words, user: words, status: words, pool_type: words });
const chainRow = z.looseObject({
  id: quantity,
  pcb_temp: temperatures,
  status: z.looseObject({ state: words, failure_code: quantity, description: words }).optional(),
});

const summaryReply = z.looseObject({
  miner: z.looseObject({
    miner_status: statusRow.optional(),
    /** Watts, and whether the PSU measures them. */
    power_consumption: quantity,
    psu: z.looseObject({ psu_power_metering: flag }).nullish(),
    /** J/TH. */
    power_efficiency: quantity,
    /** In the unit of `info`. */
    hr_realtime: quantity,
    hr_stock: quantity,
    chip_temp: temperatures,
    cooling: z.looseObject({ fans: z.array(z.looseObject({ rpm: quantity })).nullish() }).nullish(),
    chains: z.array(chainRow).nullish(),
    pools: z.array(poolRow).nullish(),
  }),
});

const presetRow = z.looseObject({ name: words, status: words });
const perfReply = z.looseObject({ current_preset: z.looseObject({ name: words }).nullish() });
const settingsReply = z.looseObject({
  miner: z.looseObject({ overclock: z.record(z.string(), z.unknown()).default({}) }),
});
