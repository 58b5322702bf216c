/** The outlets of a PDU: what each feeds, and switching them with the result read back. */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import type { OnSilence } from './dead-man.ts';
import { armDeadMan } from './dead-man.ts';
import type { Reading } from './instrument.ts';
import { byKey } from './instrument.ts';
import type { ReadingBus } from './look.ts';
import { Look } from './look.ts';
import type { OutletMap, Point, PollClass, RegisterMap, WritePoint } from './register-map.ts';
import { shifted, writeOf } from './repeats.ts';
import type { WritingBus } from './write-point.ts';
import { writeChecked } from './write-point.ts';

/** `points` has `on` besides what the map measures. */
export type OutletReading = Reading & { /** Counted from 1, as printed on the housing. */ outlet: number };

export type Outlets = {
  readonly count: number;
  /** Whether that one, counted from 1, may ever be switched: the model can, and nobody protects it. */
  canSwitch(outlet: number): boolean;
  /** One look at whether each is closed and at its points of these poll classes; rejects as `Instrument.read` does. */
  read(classes: readonly PollClass[], signal?: AbortSignal): Promise<OutletReading[]>;
  /**
   * Closes (`on`) or opens one, and returns when the PDU itself says that it is so. Opening goes at once; closing waits
   * out the map's `min_off_s` since we opened it, and its `stagger_ms` since another was closed. Rejects with
   * `AdapterError`: `refused` when it reads otherwise afterwards or is protected, `unsupported` for a model that only
   * measures.
   */
  switch(outlet: number, on: boolean, signal?: AbortSignal): Promise<void>;
  /**
   * Sees to it that the PDU's own dead-man is set as `onSilence` says, where the model has one: once, and again after
   * the unit has been away. From then on every `read` keeps it from acting. Rejects with `AdapterError`.
   */
  arm(signal?: AbortSignal): Promise<void>;
};

export type OutletsParts = {
  /** The PDU's id in the config. */
  id: string;
  bus: ReadingBus & WritingBus;
  /** The unit id on the bus, 0 to 255. */
  unit: number;
  map: RegisterMap;
  outlets: OutletMap;
  /** Absent for who only looks: then the dead-man stays as it is. */
  onSilence?: OnSilence;
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
};

export function createOutlets(parts: OutletsParts): Outlets {
  return new PduOutlets(parts);
}

class PduOutlets implements Outlets {
  readonly count: number;
  readonly #parts: OutletsParts;
  readonly #look: Look;
  readonly #points: readonly (readonly Point[])[];
  readonly #openedAt = new Map<number, Millis>();
  #nextCloseAt: Millis = 0;
  /** How often the unit had been away when its dead-man was armed. */
  #armedAt: number | undefined;

  constructor(parts: OutletsParts) {
    const { bus, unit, map, outlets } = parts;
    this.count = outlets.count;
    this.#parts = parts;
    this.#look = new Look({ bus, unit, map });
    this.#points = Array.from({ length: outlets.count }, (_, index) => pointsOf(outlets, index));
  }

  canSwitch(outlet: number): boolean {
    const { switch: relay, protected: kept } = this.#parts.outlets;
    return relay !== undefined && !kept.includes(outlet);
  }

  async read(classes: readonly PollClass[], signal?: AbortSignal): Promise<OutletReading[]> {
    const wanted = this.#points.map((points) => points.filter((point) => classes.includes(point.poll_class)));
    const readings = await this.#look.read(wanted.flat(), signal);
    return wanted.map((points, index) => ({
      outlet: index + 1,
      points: byKey(new Map([...readings].filter(([point]) => points.includes(point)))),
    }));
  }

  async switch(outlet: number, on: boolean, signal?: AbortSignal): Promise<void> {
    const { id, map, outlets } = this.#parts;
    const { switch: relay, protected: kept } = outlets;
    if (!this.#points[outlet - 1]) throw new RangeError(`outlet ${outlet}, not 1 to ${this.count}`);
    if (!relay) throw new AdapterError('unsupported', `${id}: ${map.id} only measures its outlets`);
    if (kept.includes(outlet)) throw new AdapterError('refused', `${id}: outlet ${outlet} is protected`);
    if (on) await this.#mayClose(outlet, signal);
    else this.#openedAt.set(outlet, this.#parts.clock.monotonic());
    const wanted = on ? ({ value: 1, urgency: 'raise' } as const) : ({ value: 0, urgency: 'lower' } as const);
    const otherwise = (found: number) =>
      `${id}: outlet ${outlet} is ${inWords(found)} after it was switched ${inWords(wanted.value)}`;
    await writeChecked(this.#parts, writeOf(relay, outlet), wanted, otherwise, signal);
  }

  async arm(signal?: AbortSignal): Promise<void> {
    const { bus, unit, outlets, onSilence } = this.#parts;
    const { dead_man: deadMan } = outlets;
    const recoveries = bus.recoveriesOf(unit);
    if (!deadMan || !onSilence || this.#armedAt === recoveries) return;
    await armDeadMan(this.#parts, { ...outlets, dead_man: deadMan }, onSilence, signal);
    this.#armedAt = recoveries;
  }

  async #mayClose(outlet: number, signal?: AbortSignal): Promise<void> {
    const { clock, outlets } = this.#parts;
    const now = clock.monotonic();
    const restedAt = (this.#openedAt.get(outlet) ?? Number.NEGATIVE_INFINITY) + outlets.min_off_s * 1000;
    const closeAt = Math.max(now, restedAt, this.#nextCloseAt);
    this.#nextCloseAt = closeAt + outlets.stagger_ms;
    if (closeAt > now) await clock.sleep(closeAt - now, signal);
  }
}

/** The points of the outlet at `index`, counted from 0. */
function pointsOf({ points, stride, switch: relay }: OutletMap, index: number): Point[] {
  const closed = relay ? [isClosed(writeOf(relay, index + 1))] : [];
  return [...closed, ...points.map((point) => shifted(point, index * stride))];
}

/** The relay as it is read back. */
export function isClosed({ type, word_order, byte_order, read_back: back, ...written }: WritePoint): Point {
  const { table, address } = back ?? written;
  const layout = { table, address, type, word_order, byte_order };
  const meaning: Pick<Point, 'key' | 'unit' | 'safe_range' | 'poll_class'> = {
    key: 'on',
    unit: '1',
    safe_range: [0, 1],
    poll_class: 'fast',
  };
  return { ...layout, ...meaning, scale: 1, offset: 0, sentinels: [] };
}

/** Numbers beside 0 and 1 are told as they are. */
function inWords(relay: number): string {
  return ['off', 'on'][relay] ?? `${relay}`;
}
