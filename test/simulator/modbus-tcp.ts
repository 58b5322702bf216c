/** Modbus TCP, the side that answers, over any stream: a device with a port of its own, or behind a gateway. */
import type { Duplex } from 'node:stream';
import type { SimulatorClock } from './clock.ts';
import type { ModbusDevice } from './modbus-device.ts';
import { answer, exception, isDue, Replies, refuse } from './modbus-device.ts';

/** What a request for a unit id that is not there gets: nothing, or exception 0B as from a gateway that waited in vain. */
export type OtherUnits = 'silence' | 'exception';

/** Transaction, protocol and length, two bytes each; the length counts what follows, unit id first. */
const HEADER_BYTES = 6;
/** Modbus over TCP, 4.1: a PDU has at most 253 bytes, and the unit id comes before it. */
const LONGEST_BODY = 254;

type Request = { transaction: number; unit: number; pdu: Buffer };

/** Serves one connection until the client leaves or sends what is not Modbus. */
export function serveModbusTcp(
  device: ModbusDevice,
  clock: SimulatorClock,
  stream: Duplex,
  otherUnits: OtherUnits = 'silence',
): void {
  // The client's end may vanish at any time; there is nobody to tell.
  stream.on('error', () => {});
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  stream.once('end', () => stream.destroy());
  const replies = new Replies(stream);
  const serve = async (request: Request): Promise<void> => {
    const isHere = device.answersTo(request.unit);
    if (!isHere && otherUnits === 'silence') return;
    if (!(await isDue(device, clock, gone.signal))) return;
    const reply = isHere ? answer(device, request.pdu) : refuse(request.pdu, exception.targetSilent);
    replies.send(frame(request, reply), device.faults);
  };
  let pending: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    const { requests, rest } = takeRequests(Buffer.concat([pending, chunk]));
    if (!rest || device.faults.closesWithoutReply) {
      stream.destroy();
      return;
    }
    pending = rest;
    for (const request of requests) void serve(request);
  });
}

/** The whole requests at the front, and the bytes after them; no rest when they are not Modbus TCP. */
function takeRequests(bytes: Buffer): { requests: Request[]; rest: Buffer | undefined } {
  const requests: Request[] = [];
  let rest = bytes;
  while (rest.length >= HEADER_BYTES) {
    const length = rest.readUInt16BE(4);
    if (rest.readUInt16BE(2) !== 0 || length < 2 || length > LONGEST_BODY) return { requests, rest: undefined };
    const end = HEADER_BYTES + length;
    if (rest.length < end) break;
    const pdu = rest.subarray(HEADER_BYTES + 1, end);
    requests.push({ transaction: rest.readUInt16BE(0), unit: rest.readUInt8(HEADER_BYTES), pdu });
    rest = rest.subarray(end);
  }
  return { requests, rest };
}

function frame({ transaction, unit }: Request, pdu: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES + 1);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(pdu.length + 1, 4);
  header.writeUInt8(unit, HEADER_BYTES);
  return Buffer.concat([header, pdu]);
}
