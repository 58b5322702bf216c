/**
 * The PDUs of the eight Modbus functions we use, to and from bytes: "MODBUS Application Protocol Specification V1.1b3",
 * section 6. Addresses are those on the wire, counted from zero.
 */

/** Coils and discrete inputs hold bits, holding and input registers 16-bit words. */
export type Table = 'coil' | 'discrete' | 'holding' | 'input';

export type Request =
  | { kind: 'read'; table: Table; address: number; count: number }
  | { kind: 'writeCoil'; address: number; on: boolean }
  | { kind: 'writeRegister'; address: number; value: number }
  | { kind: 'writeCoils'; address: number; on: readonly boolean[] }
  | { kind: 'writeRegisters'; address: number; values: readonly number[] };

export type Reply =
  /** Words 0 to 65535 or bits 0 and 1 for a read; nothing for a write. */
  | { kind: 'done'; values: number[] }
  | { kind: 'exception'; code: number; name: string }
  /** Answers another function than the one asked for. */
  | { kind: 'foreign' }
  | { kind: 'malformed'; why: string };

/** How many bits or words one request may read. */
export const maxRead: Record<Table, number> = { coil: 2000, discrete: 2000, holding: 125, input: 125 };

/** How many registers' worth of bytes a read brings: sixteen bits travel as one register does. */
export function registersIn(table: Table, count: number): number {
  return table === 'coil' || table === 'discrete' ? Math.ceil(count / 16) : count;
}

/** Throws `RangeError` for what the protocol cannot say: that is the caller's mistake, not the device's. */
export function encodeRequest(request: Request): Buffer {
  switch (request.kind) {
    case 'read':
      checkSpan(request.address, request.count, maxRead[request.table]);
      return fields(readFunction[request.table], request.address, request.count);
    case 'writeCoil':
      checkSpan(request.address, 1, 1);
      return fields(5, request.address, request.on ? 0xff00 : 0);
    case 'writeRegister':
      checkSpan(request.address, 1, 1);
      return fields(6, request.address, checkedWord(request.value));
    case 'writeCoils':
      checkSpan(request.address, request.on.length, 1968);
      return withData(15, request.address, request.on.length, packBits(request.on));
    case 'writeRegisters':
      checkSpan(request.address, request.values.length, 123);
      return withData(16, request.address, request.values.length, packWords(request.values));
  }
}

/** What `pdu` says as an answer to `request`. Never throws. */
export function parseReply(request: Request, pdu: Buffer): Reply {
  const asked = encodeRequest(request);
  const [functionCode, second] = pdu;
  if (functionCode === (asked[0] ?? 0) + 0x80) return parseException(pdu, second);
  if (functionCode !== asked[0]) return { kind: 'foreign' };
  if (request.kind === 'read') return parseValues(request.table, request.count, pdu);
  // A write is echoed: function and address, then the value (5, 6) or the count (15, 16).
  if (pdu.equals(asked.subarray(0, 5))) return { kind: 'done', values: [] };
  return { kind: 'malformed', why: `the echo of a write is ${hex(pdu)}, not ${hex(asked.subarray(0, 5))}` };
}

const readFunction: Record<Table, number> = { coil: 1, discrete: 2, holding: 3, input: 4 };

/** Section 7 of the specification. */
const exceptionNames: Record<number, string> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'server device failure',
  5: 'acknowledge, still busy with it',
  6: 'server device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target device failed to respond',
};

function parseException(pdu: Buffer, code: number | undefined): Reply {
  if (code === undefined || pdu.length !== 2) return { kind: 'malformed', why: `exception of ${pdu.length} bytes` };
  return { kind: 'exception', code, name: exceptionNames[code] ?? `exception ${code}` };
}

function parseValues(table: Table, count: number, pdu: Buffer): Reply {
  const bits = table === 'coil' || table === 'discrete';
  const wanted = bits ? Math.ceil(count / 8) : count * 2;
  if (pdu[1] !== wanted || pdu.length !== wanted + 2) {
    return {
      kind: 'malformed',
      why: `${wanted} bytes asked for, ${pdu[1] ?? 'none'} announced, ${pdu.length - 2} came`,
    };
  }
  const data = pdu.subarray(2);
  const valueAt = bits
    ? (index: number) => ((data[index >> 3] ?? 0) >> (index & 7)) & 1
    : (index: number) => data.readUInt16BE(index * 2);
  return { kind: 'done', values: Array.from({ length: count }, (_, index) => valueAt(index)) };
}

function checkSpan(address: number, count: number, max: number): void {
  if (!Number.isInteger(address) || address < 0 || address > 0xffff) throw new RangeError(`address ${address}`);
  if (!Number.isInteger(count) || count < 1 || count > max) throw new RangeError(`count ${count}, not 1 to ${max}`);
  if (address + count > 0x10000) throw new RangeError(`${count} from address ${address} ends past 65535`);
}

function checkedWord(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new RangeError(`${value} is not a 16-bit word`);
  return value;
}

function fields(functionCode: number, address: number, last: number): Buffer {
  const pdu = Buffer.alloc(5);
  pdu.writeUInt8(functionCode, 0);
  pdu.writeUInt16BE(address, 1);
  pdu.writeUInt16BE(last, 3);
  return pdu;
}

function withData(functionCode: number, address: number, count: number, data: Buffer): Buffer {
  return Buffer.concat([fields(functionCode, address, count), Buffer.of(data.length), data]);
}

/** The first bit is the lowest of the first byte; the spare ones of the last byte are zero. */
function packBits(bits: readonly boolean[]): Buffer {
  const data = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [index, on] of bits.entries()) if (on) data[index >> 3] = (data[index >> 3] ?? 0) | (1 << (index & 7));
  return data;
}

function packWords(words: readonly number[]): Buffer {
  const data = Buffer.alloc(words.length * 2);
  for (const [index, word] of words.entries()) data.writeUInt16BE(checkedWord(word), index * 2);
  return data;
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex') || 'empty';
}
