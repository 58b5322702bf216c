/**
 * What the rack feels by its sensors, each quantity once: of several readings the one that gives most cause for worry.
 * Pure.
 */
import type { SensorRole } from '#protocol/telemetry.ts';
import type { Millis } from '#protocol/units.ts';
import type { Now, SensorFacts, SensorReading } from './observation.ts';
import type { Picture } from './picture.ts';
import { freshReading } from './staleness.ts';

export type Felt<T = number> = { readonly value: T; readonly ageMs: Millis; readonly sensor: string };

export type Quantity = keyof typeof quantities;

/** undefined when no sensor that could tell has spoken lately. */
export function felt(picture: Picture, quantity: Quantity, now: Now): Felt | undefined {
  const { of, isWorse } = quantities[quantity];
  return worst(picture, of, isWorse, now);
}

/** True once any sensor is wet; undefined when none that could tell has spoken lately. */
export function feltLeak(picture: Picture, now: Now): Felt<boolean> | undefined {
  return worst(
    picture,
    (_role, { leak }) => [leak],
    (a, b) => a && !b,
    now,
  );
}

type ValuesIn<T> = (role: SensorRole, reading: SensorReading) => readonly (T | undefined)[];

const higher = (a: number, b: number) => a > b;
const lower = (a: number, b: number) => a < b;

const anyCoolant: ValuesIn<number> = (role, said) => [
  temperature(['coolant', 'coolant_in', 'coolant_out'], role, said),
  said.coolantInC,
  said.coolantOutC,
];

/** Where each is felt, and which of two values is the worse. */
const quantities = {
  inletC: { isWorse: higher, of: (role, said) => [temperature(['inlet'], role, said)] },
  outletC: { isWorse: higher, of: (role, said) => [temperature(['outlet'], role, said)] },
  coolantC: { isWorse: higher, of: anyCoolant },
  /** The coldest coolant: a loop must not freeze. */
  coolantLeastC: { isWorse: lower, of: anyCoolant },
  coolantInC: { isWorse: higher, of: (role, said) => [temperature(['coolant_in'], role, said), said.coolantInC] },
  coolantOutC: { isWorse: higher, of: (role, said) => [temperature(['coolant_out'], role, said), said.coolantOutC] },
  humidityPct: { isWorse: higher, of: (role, said) => [role === 'inlet' ? said.humidityPct : undefined] },
  flowLpm: { isWorse: lower, of: (_role, said) => [said.flowLpm] },
  pressureKpa: { isWorse: higher, of: (_role, said) => [said.pressureKpa] },
} as const satisfies Record<string, { isWorse(a: number, b: number): boolean; of: ValuesIn<number> }>;

function temperature(of: readonly SensorRole[], role: SensorRole, said: SensorReading): number | undefined {
  return of.includes(role) ? said.temperatureC : undefined;
}

function worst<T>(
  picture: Picture,
  valuesIn: ValuesIn<T>,
  isWorse: (a: T, b: T) => boolean,
  now: Now,
): Felt<T> | undefined {
  let found: Felt<T> | undefined;
  for (const { facts, value, ageMs } of readings(picture, valuesIn, now)) {
    if (!found || isWorse(value, found.value)) found = { value, ageMs, sensor: facts.id };
  }
  return found;
}

function* readings<T>(
  { sensors }: Picture,
  valuesIn: ValuesIn<T>,
  now: Now,
): Iterable<{ facts: SensorFacts; value: T; ageMs: Millis }> {
  for (const sensor of Object.values(sensors)) {
    const reading = freshReading(sensor, now);
    if (!reading) continue;
    for (const value of valuesIn(sensor.facts.role, reading)) {
      if (value !== undefined) yield { facts: sensor.facts, value, ageMs: now.mono - reading.at.mono };
    }
  }
}
