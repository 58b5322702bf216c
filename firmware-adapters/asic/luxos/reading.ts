/**
 * What a LuxOS miner's replies say about it, in the agent's units. Pure: tested on literal replies. Where replies that
 * were recorded from miners differ from the maker's pages, the recorded ones decide: `ProfileStep` is text there, and
 * `config` has fields (`NameplateTHS`, `CurtailMode`) that no page lists.
 */
import * as z from 'zod';
import type { Identity } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { checked, flag, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading as MinerReading } from '../miner-reading.ts';
import { filled, gigaToTera, hottest } from '../miner-reading.ts';
import { poolsOf } from '../pools.ts';
import type { Profile } from './profiles.ts';
import type { Replies } from './reply.ts';
import { rowsOf } from './rows.ts';

/** What the replies say, but for the limit in force, which takes knowing what was asked for (`limit.ts`). */
export type Reading = Omit<MinerReading, 'limit'>;

/** What a reading asks for, all in one request. The first must be answered. */
export const readingCommands = ['config', 'summary', 'power', 'temps', 'fans', 'events', 'atm', 'pools'] as const;

/** Throws `AdapterError('malformed')` naming the command and the field. */
export function readingOf(replies: Replies['bodies'], profiles: readonly Profile[]): Reading {
  const config = configOf(replies['config']);
  const summary = rowsOf('summary', summaryRow, replies['summary'])[0];
  const power = rowsOf('power', powerRow, replies['power'])[0];
  const boardC = present(
    rowsOf('temps', tempsRow, replies['temps']).map(({ TopLeft, TopRight, BottomLeft, BottomRight }) =>
      hottest([TopLeft, TopRight, BottomLeft, BottomRight]),
    ),
  );
  const fanRpm = present(rowsOf('fans', fansRow, replies['fans']).map(({ RPM }) => RPM));
  const curtailed = isCurtailed(replies['config']);
  return withoutUndefined<Reading>({
    // While its supply is still on, a curtailed miner has only been told to.
    asleep: curtailed && config.IsPowerSupplyOn !== true,
    powerW: power?.Watts,
    powerFrom: power?.Watts === undefined ? undefined : power.PSU ? 'psu' : 'estimate',
    hashrateThs: gigaToTera(summary?.['GHS 5s']),
    ratedHashrateThs: config.NameplateTHS ?? profiles.find(({ isDefault }) => isDefault)?.hashrateThs,
    boardC: filled(boardC),
    // In oil there are none, and what the miner then lists is not one.
    fanRpm: config.ImmersionMode === true ? undefined : filled(fanRpm),
    uptimeS: summary?.Elapsed,
    pools: poolsOf(checked(poolsReply, 'pools', replies['pools'] ?? {}).POOLS),
    faults: present(rowsOf('events', eventsRow, replies['events']).map(faultText)),
  });
}

/** From `version` and `config`. Throws `unsupported` for a miner that speaks the same protocol but is not LuxOS. */
export function identityOf(replies: Replies['bodies']): Identity {
  const version = rowsOf('version', versionRow, replies['version'])[0];
  if (version?.LUXminer === undefined) throw new AdapterError('unsupported', 'the miner does not say that it is LuxOS');
  const config = rowsOf('config', configRow, replies['config'])[0];
  return withoutUndefined<Identity>({
    // LuxOS is firmware for Antminers.
    make: 'Bitmain',
    model: config?.Model ?? version.Type,
    firmware: `LuxOS ${version.LUXminer}`,
    mac: macIn(config?.MACAddr),
    serial: config?.SerialNumber,
    hostname: config?.Hostname,
  });
}

export type Thermal = {
  /** Whether Advanced Thermal Management moves the profile by itself. */
  atmOn: boolean;
  /** The profile that runs now. */
  running: Profile | undefined;
};

/** From `config` and `atm`. */
export function thermalOf(replies: Replies['bodies'], profiles: readonly Profile[]): Thermal {
  const config = configOf(replies['config']);
  const atmOn = rowsOf('atm', atmRow, replies['atm'])[0]?.Enabled ?? config.IsAtmEnabled ?? false;
  return { atmOn, running: profiles.find(({ name }) => name === config.Profile) };
}

/** Whether the miner has been told to sleep and not to wake since. Undefined when it does not say. */
export function isCurtailed(config: unknown): boolean | undefined {
  const mode = configOf(config).CurtailMode?.toLowerCase();
  return mode === undefined ? undefined : mode !== 'none';
}

/** Firmware of 2026 steers some models by watts; their profiles are only other words for targets. */
export function steersByWatts(config: unknown): boolean {
  return configOf(config).IsPowerTargetEnabled === true;
}

/**
 * The profile that the miner may not exceed: ATM's highest while ATM moves the profile with the heat, else the one that
 * is set. Undefined when that is not known, as without profiles.
 */
export function capOf(replies: Replies['bodies'], profiles: readonly Profile[]): Profile | undefined {
  const { atmOn, running } = thermalOf(replies, profiles);
  if (!atmOn) return running;
  const atm = rowsOf('atm', atmRow, replies['atm'])[0];
  if (!atm) return undefined;
  return atm.MaxProfile === undefined ? profiles.at(-1) : profiles.find(({ name }) => name === atm.MaxProfile);
}

const configRow = z.looseObject({
  Model: words,
  MACAddr: words,
  SerialNumber: words,
  Hostname: words,
  /** "None" while it mines. */
  CurtailMode: words,
  IsPowerSupplyOn: flag,
  IsAtmEnabled: flag,
  IsPowerTargetEnabled: flag,
  ImmersionMode: flag,
  /** Name of the profile that is set. */
  Profile: words,
  /** What the maker promises, TH/s. */
  NameplateTHS: quantity,
});

const versionRow = z.looseObject({ LUXminer: words, Type: words });
/** GH/s over five seconds; seconds since mining started. */
const summaryRow = z.looseObject({ 'GHS 5s': quantity, Elapsed: quantity });
/** Watts, and whether the PSU measured them. */
const powerRow = z.looseObject({ Watts: quantity, PSU: flag });
/** Of the boards, not of the chips, degrees Celsius; some models have two sensors a board. */
const tempsRow = z.looseObject({ TopLeft: quantity, TopRight: quantity, BottomLeft: quantity, BottomRight: quantity });
const fansRow = z.looseObject({ RPM: quantity });
/** What goes on now; `ID` is the board's. */
const eventsRow = z.looseObject({ Code: words, Description: words, Target: words, ID: quantity });
const poolsReply = z.looseObject({ POOLS: z.unknown().optional() });
/** An empty `MaxProfile` is no bound. */
const atmRow = z.looseObject({ Enabled: flag, MaxProfile: words });

/** Events that tell of a state somebody asked for, not of a fault. */
const harmless = ['SLEEP', 'IDLE', 'SHUTDOWN_USER', 'REBOOT_USER', 'REBOOT_SYSINIT'];

function configOf(reply: unknown): z.infer<typeof configRow> {
  const config = rowsOf('config', configRow, reply)[0];
  if (!config) throw new AdapterError('malformed', 'the reply to config has no CONFIG');
  return config;
}

function faultText({ Code, Description, Target, ID }: z.infer<typeof eventsRow>): string | undefined {
  if (Code === undefined || harmless.includes(Code)) return undefined;
  const where = Target !== undefined && ID !== undefined ? ` (${Target.toLowerCase()} ${ID})` : '';
  return `${Code}${where}${Description === undefined ? '' : `: ${Description}`}`;
}
