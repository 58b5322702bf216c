/** The profiles that LuxOS offers: sixteen steps below the factory's setting, eight above it. */
import type { Watts } from '#protocol/units.ts';
import type { LuxosSpec } from './luxos-spec.ts';

export type Profile = {
  /** The frequency, or `default` for the factory's. */
  name: string;
  step: number;
  frequencyMhz: number;
  voltage: number;
  powerW: Watts;
  hashrateThs: number;
};

const LOWEST_STEP = -16;
const HIGHEST_STEP = 8;
const DEFAULT_MHZ = 590;
const MHZ_PER_STEP = 25;
const DEFAULT_VOLTS = 13.5;
const LOWEST_VOLTS = 11.9;
const VOLTS_PER_STEP = 0.15;

export function profilesOf({ ratedW, ratedThs }: Pick<LuxosSpec, 'ratedW' | 'ratedThs'>): readonly Profile[] {
  return Array.from({ length: HIGHEST_STEP - LOWEST_STEP + 1 }, (_, index): Profile => {
    const step = LOWEST_STEP + index;
    const frequencyMhz = DEFAULT_MHZ + step * MHZ_PER_STEP;
    const voltage = Math.max(LOWEST_VOLTS, DEFAULT_VOLTS + step * VOLTS_PER_STEP);
    const speed = frequencyMhz / DEFAULT_MHZ;
    return {
      name: step === 0 ? 'default' : `${frequencyMhz}MHz`,
      step,
      frequencyMhz,
      voltage: Number(voltage.toFixed(2)),
      // What switching capacitance takes: frequency times the square of the voltage.
      powerW: Math.round(ratedW * speed * (voltage / DEFAULT_VOLTS) ** 2),
      hashrateThs: Number((ratedThs * speed).toFixed(1)),
    };
  });
}

/** By name, step (`+1`, `-2`), power (`3250W`, `3.2kW`) or hash rate (`100THs`); undefined when none fits. */
export function selectProfile(profiles: readonly Profile[], selector: string): Profile | undefined {
  const exact = profiles.find(({ name }) => name === selector);
  if (exact) return exact;
  if (/^[+-]\d+$/.test(selector)) return profiles.find(({ step }) => step === Number(selector));
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(W|kW|THs)$/.exec(selector) ?? [];
  if (amount === undefined) return undefined;
  const most = unit === 'kW' ? 1000 * Number(amount) : Number(amount);
  return profiles.findLast(({ powerW, hashrateThs }) => (unit === 'THs' ? hashrateThs : powerW) <= most);
}
