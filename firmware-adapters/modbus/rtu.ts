/**
 * Modbus RTU, on a serial line or inside the TCP stream of a serial server: unit, PDU and CRC, with silence between
 * frames. "MODBUS over Serial Line Specification V1.02", section 2.5.1.
 *
 * A reply does not say which request it answers. What is believed must therefore fit the outstanding request in unit,
 * function, length and CRC, and the bus keeps requests apart in time (`turns.ts`).
 */
import type { Millis } from '#protocol/units.ts';
import type { BusCounters } from './counters.ts';
import { crc16 } from './crc16.ts';
import type { Codec, Frame, Framing } from './framing.ts';

/** Bits per second. */
export type Baud = number;

/** On a serial line of our own. */
export function rtuFraming(baud: Baud): Framing {
  return framing(baud, gapMs(baud));
}

/**
 * Behind a serial server whose line runs at `baud`: it forwards bytes in lumps, so that silence shows later here than
 * there.
 */
export function rtuOverTcpFraming(baud: Baud): Framing {
  return framing(baud, SERVER_GAP_MS, SERVER_LATE_MS);
}

/** How long a reply may take to be complete: the longest exchange on the wire, and the time a unit takes to think. */
export function rtuTimeoutMs(baud: Baud): Millis {
  return THINK_MS + Math.ceil((REQUEST_BYTES + LONGEST_FRAME) * charMs(baud));
}

/** 3.5 characters; above 19200 baud a fixed 1.75 ms, since shorter ones cannot be timed: section 2.5.1.1. */
function gapMs(baud: Baud): Millis {
  return baud > 19_200 ? 1.75 : 3.5 * charMs(baud);
}

/** Start, eight data bits, parity or a second stop bit, stop. */
function charMs(baud: Baud): Millis {
  return (11 * 1000) / baud;
}

const SERVER_GAP_MS: Millis = 10;
/** A network that stalls delivers late what the line answered in time: after four packets lost in a row, say. */
const SERVER_LATE_MS: Millis = 5000;
/** "Typically 100 to 200 ms", section 2.4.1. */
const TURNAROUND_MS: Millis = 100;
const THINK_MS: Millis = 500;

const REQUEST_BYTES = 8;
/** Of a reply, without its registers: unit, function, count and CRC. */
const REPLY_BYTES = 5;
const LONGEST_FRAME = 256;
const CRC_BYTES = 2;
/** 0 is the broadcast, to which nobody answers; 248 and up are reserved. */
const units = { min: 1, max: 247 };

function framing(baud: Baud, gap: Millis, lateMs: Millis = 0): Framing {
  return {
    codec: (counters) => new RtuCodec(counters),
    // The unit waits for a silence as well before it answers.
    wire: { requestMs: (REQUEST_BYTES + REPLY_BYTES) * charMs(baud) + 2 * gap, registerMs: 2 * charMs(baud) },
    turns: { gapMs: gap, turnaroundMs: TURNAROUND_MS, lateMs },
  };
}

class RtuCodec implements Codec {
  readonly #counters: BusCounters;
  #asked: { frame: Frame; bytes: Buffer } | undefined;
  #heard: Buffer = Buffer.alloc(0);

  constructor(counters: BusCounters) {
    this.#counters = counters;
  }

  /** Forgets what was heard before: it cannot be the answer. */
  encode(frame: Frame): Buffer {
    if (frame.unit < units.min || frame.unit > units.max) throw new RangeError(`unit ${frame.unit}, not 1 to 247`);
    this.#disbelieve(this.#heard.length);
    const bytes = withCrc(frame);
    this.#asked = { frame, bytes };
    return bytes;
  }

  *push(chunk: Buffer): Iterable<Frame> {
    this.#heard = Buffer.concat([this.#heard, chunk]);
    for (let found = this.#find(); found; found = this.#find()) {
      this.#disbelieve(found.start);
      const { unit, transaction } = found.asked;
      const reply = this.#heard.subarray(0, found.length);
      this.#heard = this.#heard.subarray(found.length);
      yield { transaction, unit, pdu: reply.subarray(1, -CRC_BYTES) };
    }
    this.#disbelieve(Math.max(0, this.#heard.length - LONGEST_FRAME));
  }

  /** The first whole reply, wherever it begins: noise before it must not cost it, nor may noise be taken for it. */
  #find(): { start: number; length: number; asked: Frame } | undefined {
    if (!this.#asked) return undefined;
    const { frame, bytes } = this.#asked;
    for (let start = 0; start < this.#heard.length; start++) {
      const rest = this.#heard.subarray(start);
      const length = replyLength(frame, rest);
      if (length === undefined || rest.length < length || !isChecked(rest.subarray(0, length))) continue;
      // Adapters that echo repeat our own words. A write is answered by just those, a read never.
      if (isRead(frame) && rest.subarray(0, length).equals(bytes)) continue;
      return { start, length, asked: frame };
    }
    return undefined;
  }

  /** Drops what came first and was no answer, and counts it as one whole frame of others, or as damage. */
  #disbelieve(length: number): void {
    if (length === 0) return;
    const lost = this.#heard.subarray(0, length);
    this.#heard = this.#heard.subarray(length);
    this.#counters[isChecked(lost) ? 'foreignReplies' : 'crcErrors'] += 1;
  }
}

/** How long the reply that begins here must be to answer `asked`; undefined when it does not begin as one. */
function replyLength({ unit, pdu }: Frame, heard: Buffer): number | undefined {
  const [from, functionCode, byteCount] = heard;
  const [asked = 0] = pdu;
  if (from !== unit) return undefined;
  if (functionCode === (asked | 0x80)) return 3 + CRC_BYTES;
  if (functionCode !== asked) return undefined;
  // A write is echoed, so a late echo of another one cannot pass for it.
  if (asked > 4) return heard.subarray(1, 6).equals(pdu.subarray(0, 5)) ? 6 + CRC_BYTES : undefined;
  const count = pdu.readUInt16BE(3);
  const wanted = asked <= 2 ? Math.ceil(count / 8) : count * 2;
  return byteCount === wanted ? 3 + wanted + CRC_BYTES : undefined;
}

/** Functions 1 to 4 read bits or words, all others that we use write. */
function isRead({ pdu }: Frame): boolean {
  return pdu.readUInt8(0) <= 4;
}

function withCrc({ unit, pdu }: Frame): Buffer {
  const bytes = Buffer.concat([Buffer.of(unit), pdu, Buffer.alloc(CRC_BYTES)]);
  bytes.writeUInt16LE(crc16(bytes.subarray(0, -CRC_BYTES)), bytes.length - CRC_BYTES);
  return bytes;
}

function isChecked(frame: Buffer): boolean {
  return (
    frame.length > CRC_BYTES && crc16(frame.subarray(0, -CRC_BYTES)) === frame.readUInt16LE(frame.length - CRC_BYTES)
  );
}
