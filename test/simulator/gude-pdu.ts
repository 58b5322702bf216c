/** A GUDE Expert Power Control: one inlet, outlets that are metered and switched, all over Modbus TCP. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { PduFaults } from './faults.ts';
import { healthyPdu } from './faults.ts';
import type { Energy } from './gude-registers.ts';
import { readRegisters } from './gude-registers.ts';
import type { ModbusDevice } from './modbus-device.ts';
import { exception, refuse, registerRange, registersReply } from './modbus-device.ts';
import { Outlet } from './outlet.ts';
import type { Feed } from './physics.ts';

export type PduSpec = {
  id: string;
  host: string;
  port: number;
  /** From a request to its reply. */
  replyMs: Millis;
  /** Outlets, numbered from 1. */
  ports: number;
  /** What is plugged into which outlet, by id; a miner with two power supplies is named twice. */
  outlets: Readonly<Record<number, string>>;
  powerFactor: number;
};

export type PduOptions = { id: string } & Partial<PduSpec>;

/** `place` in the rack, from 1, makes addresses differ. */
export function pduSpec(options: PduOptions, place: number): PduSpec {
  return { host: `10.0.2.${10 + place}`, port: 502, replyMs: 10, ports: 8, outlets: {}, powerFactor: 0.99, ...options };
}

const functions = { readCoils: 0x01, readInputRegisters: 0x04, writeCoil: 0x05, writeCoils: 0x0f };
const COIL_ON = 0xff00;
const COIL_OFF = 0x0000;
/** Modbus Application Protocol 1.1b3, 6.4. */
const MOST_REGISTERS = 125;

export class GudePdu implements ModbusDevice {
  readonly spec: PduSpec;
  readonly faults: PduFaults = healthyPdu();
  #outlets: readonly Outlet[];
  #feed: Feed;

  constructor(spec: PduSpec, feed: Feed) {
    this.spec = spec;
    this.#feed = feed;
    this.#outlets = Array.from({ length: spec.ports }, () => new Outlet());
  }

  /** Counted from 1, as printed on the housing. Throws when it has no such outlet. */
  outlet(port: number): Outlet {
    const found = this.#outlets[port - 1];
    if (!found) throw new Error(`the simulated PDU "${this.spec.id}" has no outlet ${port}`);
    return found;
  }

  watts(): Watts {
    return this.#outlets.reduce((sum, outlet) => sum + outlet.watts(), 0);
  }

  /** The manual: the unit id is ignored, the IP address tells devices apart. */
  answersTo(): boolean {
    return true;
  }

  respond(request: Buffer): Buffer {
    switch (request.readUInt8(0)) {
      case functions.readCoils:
        return this.#readCoils(request);
      case functions.readInputRegisters:
        return this.#readInputRegisters(request);
      case functions.writeCoil:
        return this.#writeCoil(request);
      case functions.writeCoils:
        return this.#writeCoils(request);
      default:
        return refuse(request, exception.illegalFunction);
    }
  }

  #readCoils(request: Buffer): Buffer {
    if (request.length !== 5) return refuse(request, exception.illegalValue);
    const { address, count } = registerRange(request);
    if (count === 0) return refuse(request, exception.illegalValue);
    if (address + count > this.#outlets.length) return refuse(request, exception.illegalAddress);
    const bits = Buffer.alloc(Math.ceil(count / 8));
    for (const [index, outlet] of this.#outlets.slice(address, address + count).entries()) {
      if (outlet.closed) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
    }
    return registersReply(request, bits);
  }

  #readInputRegisters(request: Buffer): Buffer {
    if (request.length !== 5) return refuse(request, exception.illegalValue);
    const { address, count } = registerRange(request);
    if (count === 0 || count > MOST_REGISTERS) return refuse(request, exception.illegalValue);
    const outlets = this.#outlets.map((outlet) => () => this.#measure(outlet.watts(), outlet.joules()));
    const registers = readRegisters(address, count, () => this.#measureInlet(), outlets);
    return registers ? registersReply(request, registers) : refuse(request, exception.illegalAddress);
  }

  #writeCoil(request: Buffer): Buffer {
    if (request.length !== 5) return refuse(request, exception.illegalValue);
    const address = request.readUInt16BE(1);
    const value = request.readUInt16BE(3);
    if (value !== COIL_ON && value !== COIL_OFF) return refuse(request, exception.illegalValue);
    if (address >= this.#outlets.length) return refuse(request, exception.illegalAddress);
    this.#switch(address, [value === COIL_ON]);
    return request;
  }

  #writeCoils(request: Buffer): Buffer {
    if (request.length < 7) return refuse(request, exception.illegalValue);
    const { address, count } = registerRange(request);
    const bits = request.subarray(6);
    const bytes = Math.ceil(count / 8);
    if (count === 0 || request.readUInt8(5) !== bytes || bits.length !== bytes) {
      return refuse(request, exception.illegalValue);
    }
    if (address + count > this.#outlets.length) return refuse(request, exception.illegalAddress);
    const wanted = Array.from({ length: count }, (_, index) => ((bits[index >> 3] ?? 0) >> (index & 7)) % 2 === 1);
    this.#switch(address, wanted);
    return request.subarray(0, 5);
  }

  #switch(first: number, wanted: readonly boolean[]): void {
    if (this.faults.ignoresCommands) return;
    for (const [index, closed] of wanted.entries()) this.#outlets[first + index]?.switch(closed);
  }

  #measureInlet(): Energy {
    const joules = this.#outlets.reduce((sum, outlet) => sum + outlet.joules(), 0);
    return this.#measure(this.watts(), joules);
  }

  #measure(powerW: Watts, joules: number): Energy {
    const { voltageV, frequencyHz } = this.#feed;
    const { powerFactor } = this.spec;
    return {
      energyWh: joules / 3600,
      powerW,
      voltageV: voltageV.value(),
      frequencyHz: frequencyHz.value(),
      powerFactor,
    };
  }
}
