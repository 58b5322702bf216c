/** An XY-MD02: a SHT20 for temperature and humidity on RS-485, somewhere in the air of the rack. */
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { SensorFaults } from './faults.ts';
import { healthySensor } from './faults.ts';
import { Heat } from './heat.ts';
import type { ModbusDevice } from './modbus-device.ts';
import { exception, refuse, registerRange, registersReply } from './modbus-device.ts';
import type { OtherUnits } from './modbus-tcp.ts';
import type { Load } from './physics.ts';
import { Trajectory } from './trajectory.ts';

export type SensorSpec = {
  id: string;
  host: string;
  port: number;
  /** The serial line it hangs on; absent for a Modbus TCP gateway of its own. */
  line?: string;
  unit: number;
  otherUnits: OtherUnits;
  /** From a request to its reply. */
  replyMs: Millis;
  /** How much warmer than the inlet it is here, for each kilowatt of the rack, and how slowly that follows. */
  riseKPerKw: number;
  tauMs: Millis;
  humidityPercent: number;
};

export type SensorOptions = { id: string } & Partial<SensorSpec>;

/** `place` in the rack, from 1, makes addresses differ. */
export function sensorSpec(options: SensorOptions, place: number): SensorSpec {
  return {
    host: `10.0.3.${10 + place}`,
    port: 502,
    unit: 1,
    otherUnits: 'silence',
    replyMs: 20,
    riseKPerKw: 0.2,
    tauMs: 120_000,
    humidityPercent: 45,
    ...options,
  };
}

const READ_INPUT_REGISTERS = 0x04;
/** Input registers: temperature, then relative humidity, both in tenths. */
const FIRST_REGISTER = 0x0001;
const LAST_REGISTER = 0x0002;

export class TemperatureSensor implements ModbusDevice {
  readonly spec: SensorSpec;
  readonly faults: SensorFaults = healthySensor();
  readonly humidityPercent: Trajectory;
  #inletC: Trajectory;
  #heat: Heat;
  #shown: Buffer | undefined;

  constructor(spec: SensorSpec, air: { inletC: Trajectory; rack: Load }, clock: SimulatorClock) {
    this.spec = spec;
    this.humidityPercent = new Trajectory(clock, spec.humidityPercent);
    this.#inletC = air.inletC;
    this.#heat = new Heat(air.rack, clock, spec.tauMs);
  }

  /** The air around it, whatever its registers say. */
  get celsius(): number {
    return this.#inletC.value() + (this.spec.riseKPerKw * this.#heat.watts()) / 1000;
  }

  answersTo(unit: number): boolean {
    return unit === this.spec.unit;
  }

  /** Only function 4 is modelled. */
  respond(request: Buffer): Buffer {
    if (request.readUInt8(0) !== READ_INPUT_REGISTERS) return refuse(request, exception.illegalFunction);
    if (request.length !== 5) return refuse(request, exception.illegalValue);
    const { address, count } = registerRange(request);
    if (count === 0) return refuse(request, exception.illegalValue);
    if (address < FIRST_REGISTER || address + count - 1 > LAST_REGISTER)
      return refuse(request, exception.illegalAddress);
    const start = 2 * (address - FIRST_REGISTER);
    return registersReply(request, this.#registers().subarray(start, start + 2 * count));
  }

  #registers(): Buffer {
    if (!this.faults.frozen || !this.#shown) this.#shown = this.#measure();
    return this.#shown;
  }

  #measure(): Buffer {
    const registers = Buffer.alloc(4);
    registers.writeInt16BE(Math.round(10 * this.celsius), 0);
    registers.writeUInt16BE(Math.round(10 * this.humidityPercent.value()), 2);
    return registers;
  }
}
