/**
 * Modbus TCP: each PDU behind a seven-byte MBAP header. "MODBUS Messaging on TCP/IP Implementation Guide V1.0b",
 * section 3.1.3.
 */
import { AdapterError } from '../errors.ts';
import type { Codec, Frame, Framing } from './framing.ts';

/** Bytes cost next to nothing here: what a request costs is its unit's turnaround. */
export const tcpFraming: Framing = { codec: () => new MbapCodec(), wire: { requestMs: 0.1, registerMs: 0.001 } };

/** Transaction, protocol and length; the length counts what follows: the unit and the PDU. */
const PREFIX_BYTES = 6;
/** A unit and a function code; a unit and the longest PDU. */
const lengthRange = { min: 2, max: 254 };

class MbapCodec implements Codec {
  #rest: Buffer = Buffer.alloc(0);

  encode({ transaction, unit, pdu }: Frame): Buffer {
    const header = Buffer.alloc(7);
    header.writeUInt16BE(transaction, 0);
    header.writeUInt16BE(pdu.length + 1, 4);
    header.writeUInt8(unit, 6);
    return Buffer.concat([header, pdu]);
  }

  *push(chunk: Buffer): Iterable<Frame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + checkedLength(this.#rest);
      if (this.#rest.length < end) return;
      const frame = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      yield { transaction: frame.readUInt16BE(0), unit: frame.readUInt8(6), pdu: frame.subarray(7) };
    }
  }
}

/**
 * TCP loses and inverts nothing, so a wrong header means that the peer is broken or is no Modbus device. Searching
 * on for something that looks like a header could take measured data for one; a new connection cannot.
 */
function checkedLength(bytes: Buffer): number {
  const protocol = bytes.readUInt16BE(2);
  const length = bytes.readUInt16BE(4);
  if (protocol === 0 && length >= lengthRange.min && length <= lengthRange.max) return length;
  throw new AdapterError('malformed', `not a Modbus TCP header: ${bytes.toString('hex', 0, PREFIX_BYTES)}`);
}
