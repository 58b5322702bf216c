/** The other end of an RTU line for tests: frames with a CRC of its own making, and requests taken apart. */

/** A request as it came over the line. */
export type RtuAsked = { unit: number; functionCode: number; address: number; count: number };

/** `unit` and `pdu`, as hex, with their CRC. */
export function rtuFrame(unit: number, pdu: string): Buffer {
  const body = Buffer.concat([Buffer.of(unit), Buffer.from(pdu, 'hex')]);
  return Buffer.concat([body, crcBytes(body)]);
}

/** Function 1 to 6 only: each is eight bytes. */
export function* rtuRequestsIn(bytes: Buffer): Iterable<RtuAsked> {
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    yield {
      unit: bytes.readUInt8(at),
      functionCode: bytes.readUInt8(at + 1),
      address: bytes.readUInt16BE(at + 2),
      count: bytes.readUInt16BE(at + 4),
    };
  }
}

/** Answers a read of registers with each one's own address, so that a swapped answer shows. */
export function ownAddresses({ unit, functionCode, address, count }: RtuAsked): Buffer {
  const data = Buffer.alloc(2 + count * 2, Buffer.of(functionCode, count * 2));
  for (let index = 0; index < count; index++) data.writeUInt16BE(address + index, 2 + index * 2);
  return rtuFrame(unit, data.toString('hex'));
}

/** Bit by bit, as the specification draws it. */
function crcBytes(body: Buffer): Buffer {
  let crc = 0xffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return Buffer.of(crc & 0xff, crc >> 8);
}
