/**
 * What the peers' tests expect, in Ballast's terms. Peers name and wrap the same thing differently: asic-rs in Rust's
 * types, pyasic in Python literals, proto-fleet in bounds, MiningOS in its own units. What Ballast does not read (pools,
 * chips, serial numbers of boards) is not compared.
 */
import type { DeviceReading, Identity } from '#adapters/contract.ts';

export type Seen = { identity: Partial<Identity>; reading: Partial<DeviceReading>; limitUnit: string | undefined };

/** A field in Ballast's terms, and what it should be there. */
export type Expectation = {
  /** Which half of `Seen` it is in: what to blame when that half could not be had. */
  half: 'identity' | 'reading';
  found: unknown;
  wanted: unknown;
  holds: boolean;
};

/** Undefined for a field that Ballast does not read, or a value that is code of the peer's language. */
export function expectationOf(field: string, value: unknown, seen: Seen): Expectation | undefined {
  const name = plainName(field);
  const row = table.find(([names]) => names.includes(name));
  if (!row) return undefined;
  const [, half, find, check] = row;
  const wanted = plainValue(value);
  if (wanted === undefined) return undefined;
  const found = find(seen);
  const holds = check(found, wanted);
  return holds === undefined ? undefined : { half, found, wanted, holds };
}

type Half = Expectation['half'];
/** Undefined when `wanted` cannot be compared. */
type Check = (found: unknown, wanted: unknown) => boolean | undefined;
type Row = [names: string[], half: Half, find: (seen: Seen) => unknown, check: Check];

const sameText: Check = (found, wanted) =>
  wanted === 'non-empty' ? comparable(found) !== '' : comparable(found) === comparable(wanted);
/** A firmware's version, which an adapter gives whole and with its name, and a peer may cut. */
const containsText: Check = (found, wanted) => comparable(found).includes(comparable(wanted));
const sameNumber: Check = (found, wanted) => near(found, wanted, 1e-6);
/** For what a peer rounds to whole units before it compares. */
const sameWhole: Check = (found, wanted) => typeof found === 'number' && Math.round(found) === Number(wanted);
const opposite: Check = (found, wanted) => found === !wanted;
const same: Check = (found, wanted) => found === wanted;
const sameList: Check = (found, wanted) =>
  Array.isArray(found) &&
  Array.isArray(wanted) &&
  found.length === wanted.length &&
  found.every((each, at) => near(each, wanted[at], 1e-3));
const atLeastSome: Check = (found, wanted) => {
  if (typeof wanted === 'string' && /^>=?[01]/.test(wanted))
    return (Array.isArray(found) ? found.length : Number(found)) > 0;
  return undefined;
};

const table: Row[] = [
  [['mac'], 'identity', ({ identity }) => identity.mac, sameText],
  [['hostname'], 'identity', ({ identity }) => identity.hostname, sameText],
  [['serial_number'], 'identity', ({ identity }) => identity.serial, sameText],
  [['firmware_version', 'fw_ver', 'firmware_ver'], 'identity', ({ identity }) => identity.firmware, containsText],
  [['model'], 'identity', ({ identity }) => identity.model, sameText],
  [['manufacturer'], 'identity', ({ identity }) => identity.make, sameText],
  [['hashrate', 'hash_rt_ths'], 'reading', ({ reading }) => reading.hashrateThs, bounds(sameNumber)],
  [['hashrate_mhs.t_5s (falls back to HS RT)'], 'reading', ({ reading }) => mega(reading.hashrateThs), sameNumber],
  [['round(hashrate.into(SHA256Unit.TH))'], 'reading', ({ reading }) => reading.hashrateThs, sameWhole],
  [['round(hashrate.into(ScryptUnit.MH))'], 'reading', ({ reading }) => mega(reading.hashrateThs), sameWhole],
  [['expected_hashrate', 'factory_ths'], 'reading', ({ reading }) => reading.ratedHashrateThs, sameNumber],
  [['hashrate_mhs.target (Factory GHS*1000)'], 'reading', ({ reading }) => mega(reading.ratedHashrateThs), sameNumber],
  [['wattage', 'power_w', 'power_realtime_w'], 'reading', ({ reading }) => reading.powerW, sameNumber],
  [['power or temp'], 'reading', ({ reading }) => reading.powerW ?? reading.boardC, atLeastSome],
  [
    ['tuning_target', 'wattage_limit'],
    'reading',
    ({ reading, limitUnit }) => (limitUnit === 'watts' ? reading.limit : notCompared),
    (found, wanted) => (found === notCompared ? undefined : sameNumber(found, wanted)),
  ],
  [['uptime', 'uptime_s'], 'reading', ({ reading }) => reading.uptimeS, sameNumber],
  [['uptime_ms'], 'reading', ({ reading }) => milli(reading.uptimeS), sameNumber],
  [['is_mining'], 'reading', ({ reading }) => reading.asleep, opposite],
  [['suspended'], 'reading', ({ reading }) => reading.asleep, same],
  [['status'], 'reading', ({ reading }) => (reading.asleep === false ? 'mining' : 'not mining'), sameText],
  [['efficiency', 'efficiency_w_ths'], 'reading', ({ reading }) => reading.efficiencyJPerTh, nearly],
  [['fans.len()'], 'reading', ({ reading }) => reading.fanRpm?.length ?? 0, same],
  [
    ['fans'],
    'reading',
    ({ reading }) => reading.fanRpm,
    (found, wanted) => atLeastSome(found, wanted) ?? sameList(found, wanted),
  ],
  [['temperature_c.max', 'chip_temp_max'], 'reading', ({ reading }) => reading.chipMaxC, nearly],
  [['temperature_c.ambient', 'env_temp'], 'reading', ({ reading }) => reading.inletC, nearly],
  [['pcb[0..3]', 'board_temp'], 'reading', ({ reading }) => reading.boardC, sameList],
  [['hashboards[0].board_temperature'], 'reading', ({ reading }) => reading.boardC?.[0], sameNumber],
  [['messages.len()'], 'reading', ({ reading }) => reading.faults?.length, same],
  [['messages[0].code'], 'reading', ({ reading }) => reading.faults?.[0], beginsWith],
  [['messages[1].code'], 'reading', ({ reading }) => reading.faults?.[1], beginsWith],
  [['health'], 'reading', ({ reading }) => (reading.faults?.length === 0 ? 'healthy' : 'faulty'), sameText],
];

const notCompared = Symbol('not compared');

/** Of `miner_data.serial_number.as_deref()` and the like, the field alone. */
function plainName(field: string): string {
  return field
    .replace(/\b(?:miner_data|result)\./g, '')
    .replace(/^miner\.parse_(\w+)\(&data\)/, '$1')
    .replace(/^hashboards_without_chips\[/, 'hashboards[')
    .replace(/\.(?:unwrap|as_deref|as_ref)\(\)/g, '')
    .replace(/\.map\(.*\)$/, '');
}

/** A number in the unit Ballast has it in, a text, a list of numbers; null for what must be absent. */
function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { hashrate, unit, watts, seconds, celsius, rust } = value as Record<string, unknown>;
  if (typeof hashrate === 'number') return hashrate * (perTera[String(unit)] ?? Number.NaN);
  if (typeof rust === 'string')
    return /from_rpm\(/.test(rust)
      ? [...rust.matchAll(/from_rpm\(([\d.]+)/g)].map(([, rpm]) => Number(rpm))
      : undefined;
  return Array.isArray(value) ? value : (watts ?? seconds ?? celsius);
}

const perTera: Record<string, number> = { TeraHash: 1, GigaHash: 1e-3, MegaHash: 1e-6 };

function bounds(check: Check): Check {
  return (found, wanted) => atLeastSome(found, wanted) ?? check(found, wanted);
}

/** Peers round temperatures and efficiencies to a tenth or a hundredth. */
function nearly(found: unknown, wanted: unknown): boolean {
  return wanted === null ? found === undefined : near(found, wanted, 2e-3);
}

function beginsWith(found: unknown, wanted: unknown): boolean {
  return new RegExp(`^${String(wanted)}\\b`).test(String(found));
}

function near(found: unknown, wanted: unknown, share: number): boolean {
  if (typeof found !== 'number' || typeof wanted !== 'number') return false;
  return Math.abs(found - wanted) <= share * Math.abs(wanted);
}

function comparable(text: unknown): string {
  return text === undefined || text === null ? '' : String(text).toLowerCase();
}

function mega(ths: number | undefined): number | undefined {
  return ths === undefined ? undefined : ths * 1e6;
}

function milli(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1e3;
}
