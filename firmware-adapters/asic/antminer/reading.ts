/**
 * What a stock Antminer's replies say about it, in the agent's units. Pure: tested on literal replies. `stats` comes in
 * two shapes: that of the newer firmware's web interface, with lists, and cgminer's, with numbered names.
 */
import * as z from 'zod';
import type { Celsius, Watts } from '#protocol/units.ts';
import type { Identity } from '../../contract.ts';
import { checked, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { filled, highest, hottest } from '../miner-reading.ts';
import { poolsOf } from '../pools.ts';

export type ReadingReplies = {
  /** Absent when a sleeping miner would not tell. */
  stats?: unknown;
  summary?: unknown;
  pools?: unknown;
  /** The text that port 6060 answered with. */
  power?: string | undefined;
  /** Whether the configuration says that it sleeps; undefined when it does not say. */
  sleeps: boolean | undefined;
};

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf({ stats, summary, pools, power, sleeps }: ReadingReplies): Reading {
  const found = statsIn(stats);
  const hashrateThs = teraOf(found['rate_5s'] ?? found['GHS 5s'], found.rate_unit);
  const powerW = wattsIn(power);
  const boardC = boards(found, 'temp_pcb');
  const chipC = boards(found, 'temp_chip');
  const fanRpm = fansIn(found);
  return withoutUndefined<Reading>({
    asleep: asleepBy(sleeps ?? modeSleeps(found), hashrateThs),
    powerW,
    // No source says where the miner has it from.
    powerFrom: powerW === undefined ? undefined : 'estimate',
    hashrateThs,
    ratedHashrateThs: teraOf(found['rate_ideal'] ?? found['total_rateideal'], found.rate_unit),
    boardC: filled(boardC),
    chipMaxC: highest(chipC),
    fanRpm: filled(fanRpm),
    uptimeS: found['elapsed'] ?? found['Elapsed'],
    pools: poolsOf(checked(poolsReply, 'pools', pools ?? {}).POOLS),
    faults: faultsIn(summary),
  });
}

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function identityOf(system: unknown): Identity {
  const said = checked(systemReply, 'get_system_info', system);
  return withoutUndefined<Identity>({
    make: 'Bitmain',
    model: said.minertype,
    firmware: said.system_filesystem_version,
    mac: macIn(said.macaddr),
    serial: said.serinum ?? said.serial_no,
    hostname: said.hostname,
  });
}

/** What cgminer's socket says of the model, to anybody; undefined for firmware of others on the same machine. */
export function stockModelIn(version: unknown): string | undefined {
  const row = checked(versionReply, 'version', version).VERSION?.[0];
  const isOther = row?.LUXminer !== undefined || row?.['BOSer'] !== undefined || /vnish/i.test(row?.Type ?? '');
  return isOther ? undefined : row?.Type;
}

/** TH/s of a rate in the unit that the miner names; GH/s where it names none. */
function teraOf(rate: number | undefined, unit: string | undefined): number | undefined {
  if (rate === undefined) return undefined;
  const perTera = { t: 1, g: 1e-3, m: 1e-6 }[unit?.charAt(0).toLowerCase() ?? 'g'];
  return perTera === undefined ? undefined : rate * perTera;
}

/** The configuration says so at once, while the hash boards still run: until they rest, it is not asleep. */
function asleepBy(sleeps: boolean | undefined, hashrateThs: number | undefined): boolean | undefined {
  return sleeps === true && hashrateThs !== undefined && hashrateThs > 0 ? false : sleeps;
}

/** Of the 17 series alone: on others the socket's `Mode` is 2, whether they sleep or not. */
function modeSleeps({ Mode }: Stats): boolean | undefined {
  return Mode === 254 ? true : undefined;
}

/** `power:1234`; anything else is that it does not know. */
function wattsIn(text: string | undefined): Watts | undefined {
  const digits = text === undefined ? undefined : /:\s*(\d+(?:\.\d+)?)\s*$/.exec(text.slice(0, 64))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The hottest sensor of each hash board that says anything. */
function boards(stats: Stats, field: 'temp_pcb' | 'temp_chip'): Celsius[] {
  const byChain = stats.chain
    ? stats.chain.map((chain) => chain[field])
    : Object.entries(stats).flatMap(([key, value]) => (numbered(key, field) ? [String(value)] : []));
  return present(byChain.map((sensors) => hottest(temperaturesIn(sensors))));
}

function numbered(key: string, field: string): boolean {
  return key.startsWith(field) && /^\d+$/.test(key.slice(field.length));
}

/** A list, or one text joined by dashes in which `2--1-20` is 2, -1 and 20. */
function temperaturesIn(sensors: unknown): number[] {
  if (Array.isArray(sensors)) return sensors.map(Number).filter(Number.isFinite);
  if (typeof sensors !== 'string') return [];
  return [...sensors.matchAll(/(-?\d+(?:\.\d+)?)(?:-|$)/g)].map(([, degrees]) => Number(degrees));
}

function fansIn(stats: Stats): number[] {
  if (stats.fan) return present(stats.fan);
  // Places of fans that the model does not have read 0.
  const speeds = Object.entries(stats).filter(([key]) => numbered(key, 'fan'));
  return speeds.map(([, value]) => Number(value)).filter((rpm) => rpm > 0);
}

function faultsIn(summary: unknown): string[] {
  const rows = checked(summaryReply, 'summary', summary ?? {}).SUMMARY?.[0]?.status ?? [];
  return rows
    .filter(({ status }) => status !== undefined && status.toLowerCase() !== 's')
    .map(({ type = 'fault', code, msg }) => `${type}${code === undefined ? '' : ` ${code}`}${msg ? `: ${msg}` : ''}`);
}

type Stats = z.infer<typeof statsRow>;

/** cgminer's socket puts the versions first. */
function statsIn(reply: unknown): Stats {
  const rows = checked(statsReply, 'stats', reply ?? {}).STATS ?? [];
  return rows.find((row) => row['rate_5s'] !== undefined || row['GHS 5s'] !== undefined) ?? {};
}

const statsRow = z.looseObject({
  /** Seconds since mining began. */
  elapsed: quantity,
  Elapsed: quantity,
  /** In `rate_unit`, GH/s unless said. */
  rate_5s: quantity,
  'GHS 5s': quantity,
  rate_ideal: quantity,
  total_rateideal: quantity,
  rate_unit: words,
  /** Revolutions per minute. */
  fan: z.array(quantity).optional(),
  /** Degrees Celsius of each sensor. */
  chain: z.array(z.looseObject({ temp_pcb: z.unknown(), temp_chip: z.unknown() })).optional(),
  Mode: quantity,
});

const statsReply = z.looseObject({ STATS: z.array(statsRow).optional() });
const poolsReply = z.looseObject({ POOLS: z.unknown().optional() });
const systemReply = z.looseObject({
  minertype: words,
  macaddr: words,
  hostname: words,
  system_filesystem_version: words,
  serinum: words,
  serial_no: words,
});
const versionReply = z.looseObject({
  VERSION: z.array(z.looseObject({ Type: words, LUXminer: words, BOSer: words })).optional(),
});
/** What the miner watches over: "s" for well. cgminer's socket has no such list. */
const summaryReply = z.looseObject({
  SUMMARY: z
    .array(
      z.looseObject({
        status: z.array(z.looseObject({ type: words, status: words, code: quantity, msg: words })).optional(),
      }),
    )
    .optional(),
});
