/** A Wiren Board WB-MR6C: six relays on RS-485, and what they do when nobody speaks to it any more. */
import type { Millis, Seconds } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { PduFaults } from './faults.ts';
import { healthyPdu } from './faults.ts';
import type { ModbusDevice } from './modbus-device.ts';
import { exception, refuse, registerRange, registersReply } from './modbus-device.ts';
import { Outlet } from './outlet.ts';

export type RelaySpec = {
  unit: number;
  /** From a request to its reply. */
  replyMs: Millis;
  /** Firmware of before the safe-state registers: it refuses them, and opens all once it has been left alone. */
  isOld: boolean;
};

const RELAYS = 6;
const COIL_ON = 0xff00;
const COIL_OFF = 0x0000;
/** Holding registers: seconds without a request, then for each relay where it goes then, and whether it goes. */
const TIME_OUT = 8;
const SAFE_STATE = 930;
const BEHAVIOUR = 938;

export class WirenRelay implements ModbusDevice {
  readonly spec: RelaySpec;
  readonly faults: PduFaults = healthyPdu();
  /** Writes of registers that it took since it was made: they wear its flash. */
  registerWrites = 0;
  readonly #clock: SimulatorClock;
  readonly #outlets = Array.from({ length: RELAYS }, () => new Outlet());
  readonly #registers = new Map<number, number>([[TIME_OUT, 10]]);
  #lastHeardMs: Millis;

  constructor(spec: Partial<RelaySpec>, clock: SimulatorClock) {
    this.spec = { unit: 1, replyMs: 10, isOld: false, ...spec };
    this.#clock = clock;
    this.#lastHeardMs = clock.monotonic();
    const settings = this.spec.isOld ? [] : [SAFE_STATE, BEHAVIOUR];
    for (const first of settings) for (let relay = 0; relay < RELAYS; relay++) this.#registers.set(first + relay, 0);
  }

  /** What each relay is now, from the first on. */
  get closed(): boolean[] {
    this.#notice();
    return this.#outlets.map((outlet) => outlet.closed);
  }

  get timeOutS(): Seconds {
    return this.#registers.get(TIME_OUT) ?? 0;
  }

  /** A person at its configuration page. */
  set(register: number, value: number): void {
    this.#registers.set(register, value);
  }

  answersTo(unit: number): boolean {
    return unit === this.spec.unit;
  }

  respond(request: Buffer): Buffer {
    this.#notice();
    this.#lastHeardMs = this.#clock.monotonic();
    if (request.length !== 5) return refuse(request, exception.illegalValue);
    switch (request.readUInt8(0)) {
      case 0x01:
        return this.#readCoils(request);
      case 0x03:
        return this.#readRegisters(request);
      case 0x05:
        return this.#writeCoil(request);
      case 0x06:
        return this.#writeRegister(request);
      default:
        return refuse(request, exception.illegalFunction);
    }
  }

  /** Nobody looked when its time ran out, so it is found out afterwards. */
  #notice(): void {
    if (this.timeOutS === 0 || this.#clock.monotonic() - this.#lastHeardMs < this.timeOutS * 1000) return;
    for (const [relay, outlet] of this.#outlets.entries()) {
      const moves = this.spec.isOld || this.#registers.get(BEHAVIOUR + relay) === 1;
      const closed = this.#registers.get(SAFE_STATE + relay) === 1;
      if (moves && outlet.closed !== closed) outlet.switch(closed);
    }
  }

  #readCoils(request: Buffer): Buffer {
    const { address, count } = registerRange(request);
    if (address + count > RELAYS) return refuse(request, exception.illegalAddress);
    const wanted = this.#outlets.slice(address, address + count);
    const bits = wanted.reduce((sum, outlet, index) => sum + (outlet.closed ? 2 ** index : 0), 0);
    return registersReply(request, Buffer.from([bits]));
  }

  #readRegisters(request: Buffer): Buffer {
    const { address, count } = registerRange(request);
    const bytes = Buffer.alloc(2 * count);
    for (let index = 0; index < count; index++) {
      const value = this.#registers.get(address + index);
      if (value === undefined) return refuse(request, exception.illegalAddress);
      bytes.writeUInt16BE(value, 2 * index);
    }
    return registersReply(request, bytes);
  }

  #writeCoil(request: Buffer): Buffer {
    const [relay, value] = [request.readUInt16BE(1), request.readUInt16BE(3)];
    const outlet = this.#outlets[relay];
    if (!outlet) return refuse(request, exception.illegalAddress);
    if (value !== COIL_ON && value !== COIL_OFF) return refuse(request, exception.illegalValue);
    if (!this.faults.ignoresCommands) outlet.switch(value === COIL_ON);
    return request;
  }

  #writeRegister(request: Buffer): Buffer {
    const [register, value] = [request.readUInt16BE(1), request.readUInt16BE(3)];
    if (!this.#registers.has(register)) return refuse(request, exception.illegalAddress);
    if (register !== TIME_OUT && value > 1) return refuse(request, exception.illegalValue);
    if (this.faults.ignoresCommands) return request;
    this.#registers.set(register, value);
    this.registerWrites += 1;
    return request;
  }
}
