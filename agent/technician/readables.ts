/** What can be read of a rack over Modbus, by id. */
import type { Rack } from '#agent/rack/rack.ts';
import type { Readable } from './readout.ts';

export function readablesOf({ meters, sensors, pdus }: Rack): ReadonlyMap<string, Readable> {
  return new Map<string, Readable>(
    [...meters, ...sensors, ...pdus].map(({ facts, ...readable }) => [facts.id, readable] as const),
  );
}
