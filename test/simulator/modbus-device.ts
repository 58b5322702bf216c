/** What every simulated Modbus device shares, whatever carries the requests: replies, refusals and their faults. */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { ModbusFaults } from './faults.ts';

export type ModbusDevice = {
  readonly faults: ModbusFaults;
  readonly spec: {
    /** From a request to its reply. */
    readonly replyMs: Millis;
  };
  /** Whether a request for that unit id is for this device. */
  answersTo(unit: number): boolean;
  /** Carries out one request and returns the reply; both are function code and data, without unit id or check sum. */
  respond(request: Buffer): Buffer;
};

export const exception = { illegalFunction: 0x01, illegalAddress: 0x02, illegalValue: 0x03, targetSilent: 0x0b };

export function refuse(request: Buffer, code: number): Buffer {
  return Buffer.from([request.readUInt8(0) | 0x80, code]);
}

/** First register and count of a read or of a write of many, whose data begin alike. */
export function registerRange(request: Buffer): { address: number; count: number } {
  return { address: request.readUInt16BE(1), count: request.readUInt16BE(3) };
}

/** The reply to a read of registers. */
export function registersReply(request: Buffer, registers: Buffer): Buffer {
  return Buffer.concat([Buffer.from([request.readUInt8(0), registers.length]), registers]);
}

/** Waits until a reply is due; false when none comes, because the device is silent or the client left. */
export async function isDue(
  { faults, spec }: ModbusDevice,
  clock: SimulatorClock,
  gone: AbortSignal,
): Promise<boolean> {
  if (faults.silent) return false;
  try {
    await clock.sleep(faults.answersAfterMs ?? spec.replyMs, gone);
    return true;
  } catch {
    return false;
  }
}

export function answer(device: ModbusDevice, request: Buffer): Buffer {
  const { exception: code } = device.faults;
  return code === undefined ? device.respond(request) : refuse(request, code);
}

/** Puts replies on one connection, with the repetitions that are asked for. */
export class Replies {
  #stream: Duplex;
  #previous: Buffer | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  send(reply: Buffer, { duplicatesReplies, repeatsPreviousReply }: ModbusFaults): void {
    if (repeatsPreviousReply && this.#previous) this.#stream.write(this.#previous);
    this.#stream.write(reply);
    if (duplicatesReplies) this.#stream.write(reply);
    this.#previous = reply;
  }
}
