/** Modbus RTU, the side that answers, over any stream of bytes: several devices on one line, told apart by unit id. */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { SerialFaults } from './faults.ts';
import type { ModbusDevice } from './modbus-device.ts';
import { answer, isDue, Replies } from './modbus-device.ts';
import { takeRequests, withCrc } from './modbus-rtu-frames.ts';

/**
 * A request that stops in the middle is dropped once nothing has come for that long. The line's own 3.5 characters
 * (Modbus over serial line 1.02, 2.5.1.1) are 4 ms at 9600 baud; a pseudo-terminal or TCP tears a request further.
 */
const ABANDONED_AFTER_MS: Millis = 50;

/**
 * Serves a line until it closes. Nobody answers for a unit id that is not there, nor a broadcast, nor a request whose
 * check sum is wrong; where two devices have one unit id, both answer.
 */
export function serveModbusRtu(
  stream: Duplex,
  devices: readonly ModbusDevice[],
  clock: SimulatorClock,
  faults: SerialFaults,
): void {
  // The master may vanish at any time; there is nobody to tell.
  stream.on('error', () => {});
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  stream.once('end', () => stream.destroy());
  const replies = new Replies(stream);
  const serve = async (device: ModbusDevice, unit: number, pdu: Buffer): Promise<void> => {
    if (!(await isDue(device, clock, gone.signal))) return;
    replies.send(damage(withCrc(unit, answer(device, pdu)), faults), device.faults);
  };
  let pending: Buffer = Buffer.alloc(0);
  let lastByteAtMs = clock.monotonic();
  stream.on('data', (chunk: Buffer) => {
    if (faults.echoesRequests) stream.write(chunk);
    const abandoned = clock.monotonic() - lastByteAtMs >= ABANDONED_AFTER_MS;
    lastByteAtMs = clock.monotonic();
    const { requests, rest } = takeRequests(abandoned ? chunk : Buffer.concat([pending, chunk]));
    pending = rest;
    for (const { unit, pdu } of requests) {
      for (const device of devices) if (device.answersTo(unit)) void serve(device, unit, pdu);
    }
  });
}

function damage(reply: Buffer, { losesLastBytes, flipsByte, noiseBefore, noiseAfter }: SerialFaults): Buffer {
  const bytes = Buffer.from(reply.subarray(0, reply.length - losesLastBytes));
  if (flipsByte !== undefined && flipsByte < bytes.length) bytes[flipsByte] = (bytes[flipsByte] ?? 0) ^ 1;
  return Buffer.concat([noiseBefore, bytes, noiseAfter]);
}
