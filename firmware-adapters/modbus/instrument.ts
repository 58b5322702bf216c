/** One meter, sensor or PDU: a unit on a bus, read by its register map. */
import { AdapterError } from '../errors.ts';
import { introduce } from './introduce.ts';
import type { PointReading, ReadingBus, Readings } from './look.ts';
import { Look } from './look.ts';
import type { PointKey } from './quantities.ts';
import type { Point, PollClass, RegisterMap } from './register-map.ts';
import { pollClasses } from './register-map.ts';
import { shifted } from './repeats.ts';

/** Exactly the points of the classes asked for. One with an error says nothing about the others. */
export type Reading = { points: Partial<Record<PointKey, PointReading>> };

export type Instrument = {
  readonly id: string;
  readonly map: RegisterMap;
  /** Those that its points have, from the most urgent on. */
  readonly classes: readonly PollClass[];
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

export function createInstrument(parts: InstrumentParts): Instrument {
  return new UnitInstrument(parts);
}

class UnitInstrument implements Instrument {
  readonly id: string;
  readonly map: RegisterMap;
  readonly classes: readonly PollClass[];
  readonly #parts: InstrumentParts;
  readonly #look: Look;
  /** Where its points are, once it has been met: until it has been away, for another may answer in its place. */
  #met: { points: readonly Point[]; recoveries: number } | undefined;

  constructor(parts: InstrumentParts) {
    this.id = parts.id;
    this.map = parts.map;
    this.classes = pollClasses.filter((each) => parts.map.points.some(({ poll_class }) => poll_class === each));
    this.#parts = parts;
    this.#look = new Look(parts);
  }

  async read(classes: readonly PollClass[], signal?: AbortSignal): Promise<Reading> {
    const isWanted = ({ poll_class }: Point) => classes.includes(poll_class);
    try {
      const readings = await this.#look.read((await this.#meet(signal)).filter(isWanted), signal);
      return { points: byKey(readings) };
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      const failed = this.map.points
        .filter(isWanted)
        .map((point): [Point, PointReading] => [point, { kind: 'failed', error }]);
      return { points: byKey(new Map(failed)) };
    }
  }

  async #meet(signal?: AbortSignal): Promise<readonly Point[]> {
    const { bus, unit, map } = this.#parts;
    const recoveries = bus.recoveriesOf(unit);
    if (this.#met?.recoveries !== recoveries) {
      const by = await introduce(this.#parts, map, signal);
      this.#met = { points: map.points.map((point) => shifted(point, by)), recoveries };
    }
    return this.#met.points;
  }
}

/** For points of which each key is there once. */
export function byKey(readings: Readings): Reading['points'] {
  return Object.fromEntries([...readings].map(([point, reading]) => [point.key, reading]));
}
