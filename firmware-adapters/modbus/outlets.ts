/** The outlets of a PDU: what each feeds, and switching them with the result read back. */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import { AdapterError, Preempted } from '../errors.ts';
import type { ModbusBus } from './bus.ts';
import type { Reading } from './instrument.ts';
import { byKey } from './instrument.ts';
import type { ReadingBus } from './look.ts';
import { Look } from './look.ts';
import type { OutletMap, Point, PollClass, RegisterMap } from './register-map.ts';
import { shifted } from './repeats.ts';

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
};

export type OutletsParts = {
  /** The PDU's id in the config. */
  id: string;
  bus: ReadingBus & Pick<ModbusBus, 'writeCoil'>;
  /** The unit id on the bus, 0 to 255. */
  unit: number;
  map: RegisterMap;
  outlets: OutletMap;
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

  constructor(parts: OutletsParts) {
    const { bus, unit, map, outlets } = parts;
    this.count = outlets.count;
    this.#parts = parts;
    this.#look = new Look({ bus, unit, map });
    this.#points = Array.from({ length: outlets.count }, (_, index) => pointsOf(outlets, index));
  }

  canSwitch(outlet: number): boolean {
    const { switch: coil, protected: kept } = this.#parts.outlets;
    return coil !== undefined && !kept.includes(outlet);
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
    const points = this.#points[outlet - 1];
    if (!points) throw new RangeError(`outlet ${outlet}, not 1 to ${this.count}`);
    const coil = points.find(({ key }) => key === 'on')?.address;
    if (coil === undefined) throw new AdapterError('unsupported', `${id}: ${map.id} only measures its outlets`);
    if (outlets.protected.includes(outlet)) throw new AdapterError('refused', `${id}: outlet ${outlet} is protected`);
    if (on) await this.#mayClose(outlet, signal);
    else this.#openedAt.set(outlet, this.#parts.clock.monotonic());
    const failure = await this.#write(coil, on, signal);
    const isOn = await this.#readBack(coil, signal);
    if (isOn === on) return;
    const said = `${id}: outlet ${outlet} is ${inWords(isOn)} after it was switched ${inWords(on)}`;
    throw failure ?? new AdapterError('refused', said);
  }

  async #mayClose(outlet: number, signal?: AbortSignal): Promise<void> {
    const { clock, outlets } = this.#parts;
    const now = clock.monotonic();
    const restedAt = (this.#openedAt.get(outlet) ?? Number.NEGATIVE_INFINITY) + outlets.min_off_s * 1000;
    const closeAt = Math.max(now, restedAt, this.#nextCloseAt);
    this.#nextCloseAt = closeAt + outlets.stagger_ms;
    if (closeAt > now) await clock.sleep(closeAt - now, signal);
  }

  /** A write whose answer is lost may have been done all the same; whether it was, the coil tells. */
  async #write(coil: number, on: boolean, signal?: AbortSignal): Promise<AdapterError | undefined> {
    const { bus, unit } = this.#parts;
    try {
      await bus.writeCoil(unit, coil, on, on ? 'raise' : 'lower', signal);
      return undefined;
    } catch (error) {
      if (error instanceof AdapterError && (error.kind === 'timedOut' || error.kind === 'malformed')) return error;
      throw error;
    }
  }

  async #readBack(coil: number, signal?: AbortSignal): Promise<boolean> {
    const { bus, unit } = this.#parts;
    for (;;) {
      try {
        const { values } = await bus.read(unit, 'coil', coil, 1, signal);
        return values[0] === 1;
      } catch (error) {
        // Another outlet's turn came in between: this one is still to be looked at.
        if (!(error instanceof Preempted)) throw error;
      }
    }
  }
}

/** The points of the outlet at `index`, counted from 0. */
function pointsOf({ points, stride, switch: coil }: OutletMap, index: number): Point[] {
  const closed = coil ? [{ ...isClosed, address: coil.address + index * coil.stride }] : [];
  return [...closed, ...points.map((point) => shifted(point, index * stride))];
}

const isClosed: Point = {
  key: 'on',
  table: 'coil',
  address: 0,
  type: 'bit',
  word_order: 'big',
  byte_order: 'big',
  scale: 1,
  offset: 0,
  unit: '1',
  sentinels: [],
  safe_range: [0, 1],
  poll_class: 'fast',
};

function inWords(on: boolean): string {
  return on ? 'on' : 'off';
}
