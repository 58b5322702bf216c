/** modbus-serial, the client that most Node projects take, on the same serial library as ours. */
import ModbusSerial from 'modbus-serial';
import type { OpenClient } from './over-terminal.ts';

export const peerClient: OpenClient = async (path, baud, timeoutMs) => {
  const client = new ModbusSerial.default();
  await client.connectRTUBuffered(path, { baudRate: baud });
  client.setTimeout(timeoutMs);
  return {
    read: async ({ unit, address, count }) => {
      client.setID(unit);
      return (await client.readInputRegisters(address, count)).data;
    },
    close: () => new Promise((resolve) => client.close(() => resolve())),
  };
};
