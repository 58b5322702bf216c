/**
 * What the REST interface of Braiins OS says about a miner, in the agent's units. Pure: tested on literal replies. Every
 * quantity is an object that names its unit, such as `{"watt":3480}`; another unit than the one expected is absent.
 */
import * as z from 'zod';
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import type { Identity, Pool } from '../../contract.ts';
import { checked, macIn, present, quantity, withoutUndefined, words } from '../../transport/fields.ts';
import type { Reading } from '../miner-reading.ts';
import { filled, gigaToTera, highest } from '../miner-reading.ts';

/** By path; all but the first may be missing. */
export type RestReplies = {
  'miner/details': unknown;
  'miner/stats'?: unknown;
  'miner/hw/hashboards'?: unknown;
  'cooling/state'?: unknown;
  'configuration/miner'?: unknown;
  'miner/errors'?: unknown;
  pools?: unknown;
};

/** Throws `AdapterError('malformed')` naming the path and the field. */
export function readingOf(replies: RestReplies): Reading {
  const details = checked(detailsReply, 'miner/details', replies['miner/details']);
  const { miner_stats, power_stats } = checked(statsReply, 'miner/stats', replies['miner/stats'] ?? {});
  const boards = checked(boardsReply, 'miner/hw/hashboards', replies['miner/hw/hashboards'] ?? {}).hashboards ?? [];
  const cooling = checked(coolingReply, 'cooling/state', replies['cooling/state'] ?? {});
  const { tuner } = checked(configurationReply, 'configuration/miner', replies['configuration/miner'] ?? {});
  const { errors } = checked(errorsReply, 'miner/errors', replies['miner/errors'] ?? {});
  const powerW = power_stats?.approximated_consumption?.watt;
  const boardC = present(boards.map(({ board_temp }) => board_temp?.degree_c));
  const chipC = present(boards.map(({ highest_chip_temp }) => highest_chip_temp?.temperature?.degree_c));
  // Places of fans that the model does not have read 0.
  const fanRpm = present((cooling.fans ?? []).map(({ rpm }) => rpm)).filter((rpm) => rpm > 0);
  return withoutUndefined<Reading>({
    asleep: asleepBy(details.status),
    powerW,
    // "Approximated" is its own word.
    powerFrom: powerW === undefined ? undefined : 'estimate',
    limit: tuner?.power_target?.watt,
    hashrateThs: gigaToTera(miner_stats?.real_hashrate?.last_5s?.gigahash_per_second),
    ratedHashrateThs: gigaToTera(details.sticker_hashrate?.gigahash_per_second),
    efficiencyJPerTh: power_stats?.efficiency?.joule_per_terahash || undefined,
    chipMaxC: highest(chipC),
    boardC: filled(boardC),
    fanRpm: filled(fanRpm),
    uptimeS: details.system_uptime_s ?? details.system_uptime,
    pools: replies.pools === undefined ? undefined : poolsIn(replies.pools),
    // Each complaint once, however often it came.
    faults: [...new Set(present((errors ?? []).map(({ message }) => message)))],
  });
}

/** Throws `AdapterError('malformed')` naming the path and the field. */
export function identityOf(reply: unknown): Identity {
  const details = checked(detailsReply, 'miner/details', reply);
  const { miner_identity, bos_version } = details;
  return withoutUndefined<Identity>({
    make: miner_identity?.brand === 2 ? 'MicroBT' : 'Bitmain',
    model: miner_identity?.miner_model ?? miner_identity?.name,
    firmware: bos_version?.current === undefined ? 'Braiins OS' : `Braiins OS ${bos_version.current}`,
    mac: macIn(details.mac_address),
    serial: details.serial_number,
    hostname: details.hostname,
  });
}

/**
 * What a power target may be, from `configuration/constraints`: from the least to the default. Those above are
 * overclocking, which no limit asks for; `most` is where even a person's own ends. Undefined when it does not say.
 */
export function targetRange(constraints: unknown): { range: Range; most: Watts } | undefined {
  const found = checked(constraintsReply, 'configuration/constraints', constraints ?? {});
  const target = found.tuner_constraints?.power_target;
  const [min, most] = [target?.min?.watt, target?.max?.watt];
  const max = target?.default?.watt ?? most;
  if (min === undefined || max === undefined || min >= max) return undefined;
  return { range: { min, max, step: 1, unit: 'watts' }, most: most ?? max };
}

/** Whether the reply to `version` is of this interface: cgminer has a command of that name too. */
export function isRestVersion(reply: unknown): boolean {
  return z.looseObject({ major: z.number(), minor: z.number() }).safeParse(reply).success;
}

/** `bos.v1.MinerStatus`: 1 not started, 2 normal, 3 paused, 4 suspended, 5 restricted; 0 and 4 leave it open. */
function asleepBy(status: number | undefined): boolean | undefined {
  if (status === 1 || status === 3) return true;
  return status === 2 || status === 5 ? false : undefined;
}

function poolsIn(reply: unknown): Pool[] {
  const groups = checked(poolsReply, 'pools', reply);
  return groups.flatMap(({ pools }) =>
    present(
      (pools ?? []).map(({ url, user, alive, active }) =>
        url === undefined ? undefined : withoutUndefined<Pool>({ url, user, alive, active }),
      ),
    ),
  );
}

const watts = z.looseObject({ watt: quantity }).nullish();
const celsius = z.looseObject({ degree_c: quantity }).nullish();
const rate = z.looseObject({ gigahash_per_second: quantity }).nullish();
const yes = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);

const detailsReply = z.looseObject({
  status: quantity,
  hostname: words,
  mac_address: words,
  serial_number: words,
  bos_version: z.looseObject({ current: words }).nullish(),
  /** `bos.v1.MinerBrand`: 1 Antminer, 2 WhatsMiner. */
  miner_identity: z.looseObject({ brand: quantity, miner_model: words, name: words }).nullish(),
  sticker_hashrate: rate,
  /** Seconds; the second name is the older one. */
  system_uptime_s: quantity,
  system_uptime: quantity,
});
const statsReply = z.looseObject({
  miner_stats: z.looseObject({ real_hashrate: z.looseObject({ last_5s: rate }).nullish() }).nullish(),
  power_stats: z
    .looseObject({
      approximated_consumption: watts,
      efficiency: z.looseObject({ joule_per_terahash: quantity }).nullish(),
    })
    .nullish(),
});
const boardsReply = z.looseObject({
  hashboards: z
    .array(z.looseObject({ board_temp: celsius, highest_chip_temp: z.looseObject({ temperature: celsius }).nullish() }))
    .nullish(),
});
const coolingReply = z.looseObject({ fans: z.array(z.looseObject({ rpm: quantity })).nullish() });
const configurationReply = z.looseObject({ tuner: z.looseObject({ power_target: watts }).nullish() });
const errorsReply = z.looseObject({ errors: z.array(z.looseObject({ message: words })).nullish() });
const poolsReply = z.array(
  z.looseObject({ pools: z.array(z.looseObject({ url: words, user: words, alive: yes, active: yes })).nullish() }),
);
const constraintsReply = z.looseObject({
  tuner_constraints: z
    .looseObject({ power_target: z.looseObject({ default: watts, min: watts, max: watts }).nullish() })
    .nullish(),
});
