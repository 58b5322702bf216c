/** The check at the end of every RTU frame: "MODBUS over Serial Line Specification V1.02", section 6.2.2. */

/** The CRC over `bytes`. On the wire its low byte comes first. */
export function crc16(bytes: Buffer): number {
  let crc = 0xffff;
  for (const byte of bytes) crc = (crc >> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return crc;
}

/** Polynomial x^16 + x^15 + x^2 + 1, with its bits reversed. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});
