/** A serial line of the simulated rack: several Modbus RTU devices and the adapter that a master opens. */
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import type { SimulatorClock } from './clock.ts';
import type { SerialFaults } from './faults.ts';
import { healthySerialLine } from './faults.ts';
import type { ModbusDevice } from './modbus-device.ts';
import { serveModbusRtu } from './modbus-rtu.ts';

export class SerialLine {
  readonly faults: SerialFaults = healthySerialLine();
  #devices: readonly ModbusDevice[];
  #clock: SimulatorClock;
  #streams = new Set<Duplex>();

  constructor(devices: readonly ModbusDevice[], clock: SimulatorClock) {
    this.#devices = devices;
    this.#clock = clock;
  }

  /** The master's end of the line, in memory. */
  open(): Duplex {
    const [near, far] = duplexPair();
    this.attach(far);
    return near;
  }

  /** Puts the devices at the far end of a stream, such as the controlling side of a pseudo-terminal. */
  attach(stream: Duplex): void {
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    serveModbusRtu(stream, this.#devices, this.#clock, this.faults);
  }

  /** The adapter is pulled out: whoever has the line open loses it. */
  unplug(): void {
    for (const stream of this.#streams) stream.destroy();
  }
}
