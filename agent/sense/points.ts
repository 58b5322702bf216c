/** Points of an instrument as plain numbers. */
import type { Reading } from '#adapters/modbus/instrument.ts';

type Points = Reading['points'];
type Key = keyof Points;

/** In the key's unit; undefined when the point is not there, has no value, or could not be read. */
export function valueIn(points: Points, key: Key): number | undefined {
  const point = points[key];
  return point?.kind === 'value' ? point.value : undefined;
}

/** As `valueIn`, but for the point without which the rest says little. @throws what went wrong with it. */
export function leadingValueIn(points: Points, key: Key): number | undefined {
  const point = points[key];
  if (point?.kind === 'failed') throw point.error;
  if (point?.kind === 'implausible') throw new Error(`${key}: ${point.detail} (raw ${point.raw.join(' ')})`);
  return valueIn(points, key);
}

/** Absent is absent: a key whose value is unknown is not there. */
export function defined<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
