/**
 * What a record holds for a device; undefined for nothing. A plain `record[id]` finds what every object inherits for a
 * device by the name of `constructor`. And where it finds nothing it takes ten times as long as where it finds
 * something, once a rack has thousands of names: the engine remembers only so many that are not there.
 */
export function entryOf<T>(record: Readonly<Record<string, T>>, device: string): T | undefined {
  return Object.hasOwn(record, device) ? record[device] : undefined;
}
