/** An Eastron SDM630 on the feed of the rack: when it looks, what it holds until it looks again, what it answers. */
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { MeterFaults } from './faults.ts';
import { healthyMeter } from './faults.ts';
import type { ModbusDevice } from './modbus-device.ts';
import { exception, refuse, registerRange, registersReply } from './modbus-device.ts';
import type { OtherUnits } from './modbus-tcp.ts';
import type { Feed } from './physics.ts';
import type { Measured } from './sdm630-registers.ts';
import { isReadable, registerBytes, registerValues } from './sdm630-registers.ts';

/** The manual of the meter, 1.1: at most 40 values in a request. */
const MOST_REGISTERS = 80;

const READ_INPUT_REGISTERS = 0x04;

export type MeterSpec = {
  id: string;
  host: string;
  port: number;
  /** The serial line it hangs on; absent for a Modbus TCP gateway of its own. */
  line?: string;
  unit: number;
  otherUnits: OtherUnits;
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

export class SimulatedMeter implements ModbusDevice {
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

  answersTo(unit: number): boolean {
    return unit === this.spec.unit;
  }

  /** Only function 4 is modelled. */
  respond(request: Buffer): Buffer {
    if (request.readUInt8(0) !== READ_INPUT_REGISTERS) return refuse(request, exception.illegalFunction);
    if (request.length !== 5) return refuse(request, exception.illegalValue);
    const { address, count } = registerRange(request);
    if (count === 0 || count > MOST_REGISTERS) return refuse(request, exception.illegalValue);
    if (!isReadable(address, count)) return refuse(request, exception.illegalAddress);
    return registersReply(request, registerBytes(this.registers(), address, count));
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
      powerW: this.faults.ctRatio * this.#feed.watts(atMs),
      voltageV: this.#feed.voltageV.value(atMs),
      frequencyHz: this.#feed.frequencyHz.value(atMs),
      importKwh: importKwh + this.#feed.joules(atMs) / 3.6e6,
      powerFactor,
    };
  }
}
