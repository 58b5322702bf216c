/** A meter on the feed of the rack: when it looks, and what it holds until it looks again. */
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { MeterFaults } from './faults.ts';
import { healthyMeter } from './faults.ts';
import type { Feed } from './physics.ts';
import type { Measured } from './sdm630-registers.ts';
import { registerValues } from './sdm630-registers.ts';

export type MeterSpec = {
  id: string;
  host: string;
  port: number;
  unit: number;
  /** What a request for another unit gets: nothing, or exception 0B as from a gateway that waited in vain. */
  otherUnits: 'silence' | 'exception';
  /** How often the registers change; 0 measures at each read. */
  refreshMs: Millis;
  /** From a request to its reply. */
  replyMs: Millis;
  /** What the counter shows at the start. */
  importKwh: number;
  powerFactor: number;
};

export type MeterOptions = Partial<MeterSpec>;

export function meterSpec(options: MeterOptions): MeterSpec {
  return {
    id: 'feed',
    host: '10.0.0.5',
    port: 502,
    unit: 1,
    otherUnits: 'silence',
    refreshMs: 0,
    replyMs: 10,
    importKwh: 1000,
    powerFactor: 0.99,
    ...options,
  };
}

export class SimulatedMeter {
  readonly spec: MeterSpec;
  readonly faults: MeterFaults = healthyMeter();
  #clock: SimulatorClock;
  #feed: Feed;
  #shown: ReadonlyMap<number, number> | undefined;

  constructor(spec: MeterSpec, feed: Feed, clock: SimulatorClock) {
    this.spec = spec;
    this.#feed = feed;
    this.#clock = clock;
  }

  /** The values of the registers as a client sees them now. */
  registers(): ReadonlyMap<number, number> {
    if (!this.faults.frozen || !this.#shown) this.#shown = registerValues(this.#measure());
    if (!this.faults.nan) return this.#shown;
    return new Map([...this.#shown.keys()].map((address) => [address, Number.NaN]));
  }

  #measure(): Measured {
    const { refreshMs, importKwh, powerFactor } = this.spec;
    const nowMs = this.#clock.monotonic();
    const atMs = refreshMs > 0 ? nowMs - (nowMs % refreshMs) : nowMs;
    return {
      powerW: this.#feed.watts(atMs),
      voltageV: this.#feed.voltageV.value(atMs),
      frequencyHz: this.#feed.frequencyHz.value(atMs),
      importKwh: importKwh + this.#feed.joules(atMs) / 3.6e6,
      powerFactor,
    };
  }
}
