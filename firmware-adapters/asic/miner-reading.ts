/** What the readings of all miners have in common. */
import type { Celsius } from '#protocol/units.ts';
import type { DeviceReading } from '../contract.ts';
import { present } from '../transport/fields.ts';

/** What one look tells; how many repairs its replies needed, who asked for them adds. */
export type Reading = Omit<DeviceReading, 'repairs'>;

/** The values; absent where there are none. */
export function filled<T>(values: T[]): T[] | undefined {
  return values.length > 0 ? values : undefined;
}

export function highest(values: (number | undefined)[]): number | undefined {
  const told = present(values);
  return told.length > 0 ? told.reduce((most, each) => Math.max(most, each)) : undefined;
}

/** The hottest sensor. 0 is what one shows that does not answer. */
export function hottest(celsius: (Celsius | undefined)[]): Celsius | undefined {
  return highest(celsius.filter((each) => each !== 0));
}

/** GH/s as TH/s. */
export function gigaToTera(ghs: number | undefined): number | undefined {
  return ghs === undefined ? undefined : ghs / 1e3;
}

/** MH/s as TH/s. */
export function megaToTera(mhs: number | undefined): number | undefined {
  return mhs === undefined ? undefined : mhs / 1e6;
}
