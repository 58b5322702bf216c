/** An Eastron SDM630 behind a Modbus TCP gateway, over any stream. Only function 4 is modelled. */
import type { Duplex } from 'node:stream';
import type { SimulatorClock } from './clock.ts';
import type { SimulatedMeter } from './meter.ts';
import { isReadable, registerBytes } from './sdm630-registers.ts';

/** The manual of the meter, 1.1: at most 40 values in a request. */
const mostRegisters = 80;

const exception = { illegalFunction: 0x01, illegalAddress: 0x02, illegalValue: 0x03, targetSilent: 0x0b };

const readInputRegisters = 0x04;

/** Transaction, protocol and length, two bytes each; the length counts what follows, unit id first. */
const headerBytes = 6;
/** Modbus over TCP, 4.1: a PDU has at most 253 bytes, and the unit id comes before it. */
const longestBody = 254;

type Request = { transaction: number; unit: number; pdu: Buffer };

/** Serves one connection until the client leaves or sends what is not Modbus. */
export function serveSdm630(meter: SimulatedMeter, clock: SimulatorClock, stream: Duplex): void {
  // The client's end may vanish at any time; there is nobody to tell.
  stream.on('error', () => {});
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  stream.once('end', () => stream.destroy());
  const replies = new Replies(meter, stream);
  let pending: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    const { requests, rest } = takeRequests(Buffer.concat([pending, chunk]));
    if (!rest || meter.faults.closesWithoutReply) {
      stream.destroy();
      return;
    }
    pending = rest;
    for (const request of requests) void respond(meter, clock, request, replies, gone.signal);
  });
}

/** The whole requests at the front, and the bytes after them; no rest when they are not Modbus TCP. */
function takeRequests(bytes: Buffer): { requests: Request[]; rest: Buffer | undefined } {
  const requests: Request[] = [];
  let rest = bytes;
  while (rest.length >= headerBytes) {
    const length = rest.readUInt16BE(4);
    if (rest.readUInt16BE(2) !== 0 || length < 2 || length > longestBody) return { requests, rest: undefined };
    const end = headerBytes + length;
    if (rest.length < end) break;
    const pdu = rest.subarray(headerBytes + 1, end);
    requests.push({ transaction: rest.readUInt16BE(0), unit: rest.readUInt8(headerBytes), pdu });
    rest = rest.subarray(end);
  }
  return { requests, rest };
}

async function respond(
  meter: SimulatedMeter,
  clock: SimulatorClock,
  request: Request,
  replies: Replies,
  gone: AbortSignal,
): Promise<void> {
  const { faults, spec } = meter;
  if (faults.silent) return;
  try {
    await clock.sleep(faults.answersAfterMs ?? spec.replyMs, gone);
  } catch {
    return; // The client left.
  }
  const pdu = answer(meter, request);
  if (pdu) replies.send(frame(request, pdu));
}

/** Undefined when nobody on the bus has that unit id. */
function answer(meter: SimulatedMeter, { unit, pdu }: Request): Buffer | undefined {
  const { faults, spec } = meter;
  const refuse = (code: number) => Buffer.from([pdu.readUInt8(0) | 0x80, code]);
  if (unit !== spec.unit) return spec.otherUnits === 'exception' ? refuse(exception.targetSilent) : undefined;
  if (faults.exception !== undefined) return refuse(faults.exception);
  if (pdu.readUInt8(0) !== readInputRegisters) return refuse(exception.illegalFunction);
  if (pdu.length !== 5) return refuse(exception.illegalValue);
  const address = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  if (count === 0 || count > mostRegisters) return refuse(exception.illegalValue);
  if (!isReadable(address, count)) return refuse(exception.illegalAddress);
  const bytes = registerBytes(meter.registers(), address, count);
  return Buffer.concat([Buffer.from([readInputRegisters, bytes.length]), bytes]);
}

function frame({ transaction, unit }: Request, pdu: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes + 1);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(pdu.length + 1, 4);
  header.writeUInt8(unit, headerBytes);
  return Buffer.concat([header, pdu]);
}

/** Puts replies on one connection, with the repetitions that are asked for. */
class Replies {
  #meter: SimulatedMeter;
  #stream: Duplex;
  #previous: Buffer | undefined;

  constructor(meter: SimulatedMeter, stream: Duplex) {
    this.#meter = meter;
    this.#stream = stream;
  }

  send(reply: Buffer): void {
    const { duplicatesReplies, repeatsPreviousReply } = this.#meter.faults;
    if (repeatsPreviousReply && this.#previous) this.#stream.write(this.#previous);
    this.#stream.write(reply);
    if (duplicatesReplies) this.#stream.write(reply);
    this.#previous = reply;
  }
}
