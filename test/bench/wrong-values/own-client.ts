/** Our own client, as an agent runs it. */
import { ModbusBus } from '#adapters/modbus/bus.ts';
import { rtuFraming } from '#adapters/modbus/rtu.ts';
import { openSerial } from '#adapters/transport/serial.ts';
import { systemClock } from '#agent/platform/clock.ts';
import type { OpenClient } from './over-terminal.ts';

export const ownClient: OpenClient = async (path, baud, timeoutMs) => {
  const bus = new ModbusBus({
    id: 'terminal',
    connect: (signal) => openSerial({ path, baud, parity: 'none', stopBits: 1 }, signal),
    framing: rtuFraming(baud),
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
    timeoutMs,
  });
  return {
    read: async ({ unit, address, count }) => (await bus.read(unit, 'input', address, count)).values,
    close: () => bus.stop(),
  };
};
