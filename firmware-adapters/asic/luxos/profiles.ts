/** LuxOS's profiles: the steps of frequency and voltage that a miner runs at, each with the watts it is meant to draw. */
import * as z from 'zod';
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import { present, quantity, words } from '../../transport/fields.ts';
import { rowsOf } from './rows.ts';

export type Profile = {
  name: string;
  watts: Watts;
  hashrateThs: number | undefined;
  /** The maker's own setting, as the boards' EEPROM has it: what the nameplate says. */
  isDefault: boolean;
};

/** Lowest power first. Throws `AdapterError('malformed')` naming the field. */
export function profilesOf(reply: unknown): Profile[] {
  const profiles = rowsOf('profiles', profileRow, reply).map((row) => {
    const { 'Profile Name': name, Watts: watts } = row;
    if (name === undefined || watts === undefined) return undefined;
    return { name, watts, hashrateThs: row.Hashrate, isDefault: name === 'default' || row.Step === 0 };
  });
  return present<Profile>(profiles).sort((a, b) => a.watts - b.watts);
}

/**
 * What a limit may be, in watts: from the lowest profile to the default one. Those above it are overclocking, which no
 * limit asks for. Undefined when there is nothing to choose from.
 */
export function limitRange(profiles: readonly Profile[]): Range | undefined {
  const [min, max] = [profiles[0]?.watts, profiles.find(({ isDefault }) => isDefault)?.watts];
  if (min === undefined || max === undefined || min >= max) return undefined;
  const watts = profiles.map((profile) => profile.watts).filter((each) => each <= max);
  const gaps = watts.slice(1).map((each, below) => each - (watts[below] ?? 0));
  return { min, max, step: Math.min(...gaps.filter((gap) => gap > 0)), unit: 'watts' };
}

/** The strongest profile that draws no more than `watts`; undefined when even the lowest draws more. */
export function profileWithin(profiles: readonly Profile[], watts: Watts): Profile | undefined {
  return profiles.findLast((profile) => profile.watts <= watts);
}

const profileRow = z.looseObject({
  'Profile Name': words,
  /** The default profile has 0, the others count from it. Recorded as text; older firmware has no steps. */
  Step: quantity,
  Watts: quantity,
  /** TH/s. */
  Hashrate: quantity,
});
