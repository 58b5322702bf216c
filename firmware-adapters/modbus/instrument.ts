/** One meter, sensor or PDU: a unit on a bus, read by its register map. */
import type { PointReading, ReadingBus, Readings } from './look.ts';
import { Look } from './look.ts';
import type { PointKey } from './quantities.ts';
import type { PollClass, RegisterMap } from './register-map.ts';

/** Exactly the points of the classes asked for. One with an error says nothing about the others. */
export type Reading = { points: Partial<Record<PointKey, PointReading>> };

export type Instrument = {
  readonly id: string;
  readonly unit: number;
  readonly map: RegisterMap;
  /**
   * One look at all points of these poll classes. What the device or the wire did wrong is in the reading; rejects only
   * with `Preempted` or with the reason of `signal`.
   */
  read(classes: readonly PollClass[], signal?: AbortSignal): Promise<Reading>;
};

export type InstrumentParts = {
  /** The instrument's id in the config. */
  id: string;
  bus: ReadingBus;
  /** The unit id on the bus, 0 to 255. */
  unit: number;
  map: RegisterMap;
};

export function createInstrument({ id, bus, unit, map }: InstrumentParts): Instrument {
  const look = new Look({ bus, unit, map });
  return {
    id,
    unit,
    map,
    read: async (classes, signal) => {
      const points = map.points.filter((point) => classes.includes(point.poll_class));
      return { points: byKey(await look.read(points, signal)) };
    },
  };
}

/** For points of which each key is there once. */
export function byKey(readings: Readings): Reading['points'] {
  return Object.fromEntries([...readings].map(([point, reading]) => [point.key, reading]));
}
