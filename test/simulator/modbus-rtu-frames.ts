/** Frames of Modbus RTU: unit id, function code and data, then a check sum, low byte first. */

export type RtuRequest = { unit: number; pdu: Buffer };

const CRC_BYTES = 2;
/** Unit id, function code, two words, check sum: reads, and writes of one. */
const PLAIN_BYTES = 8;
/** Before the data of a write of many: unit id, function code, two words, the count of bytes that follow. */
const WRITE_MANY_HEADER_BYTES = 7;
const writeManyFunctions = new Set([0x0f, 0x10]);

/** The whole requests in the bytes, and what may be the beginning of the next; bytes that fit nothing are dropped. */
export function takeRequests(bytes: Buffer): { requests: RtuRequest[]; rest: Buffer } {
  const requests: RtuRequest[] = [];
  let rest = bytes;
  while (rest.length >= PLAIN_BYTES) {
    const length = requestBytes(rest);
    if (rest.length < length) break;
    if (crc16(rest.subarray(0, length)) === 0) {
      requests.push({ unit: rest.readUInt8(0), pdu: rest.subarray(1, length - CRC_BYTES) });
      rest = rest.subarray(length);
    } else {
      rest = rest.subarray(1);
    }
  }
  return { requests, rest };
}

export function withCrc(unit: number, pdu: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.from([unit]), pdu, Buffer.alloc(CRC_BYTES)]);
  frame.writeUInt16LE(crc16(frame.subarray(0, -CRC_BYTES)), frame.length - CRC_BYTES);
  return frame;
}

/** Modbus over serial line 1.02, 6.2.2; 0 over a frame that ends with its own check sum. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

function requestBytes(bytes: Buffer): number {
  if (!writeManyFunctions.has(bytes.readUInt8(1))) return PLAIN_BYTES;
  return WRITE_MANY_HEADER_BYTES + bytes.readUInt8(WRITE_MANY_HEADER_BYTES - 1) + CRC_BYTES;
}
