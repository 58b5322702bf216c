/** Registers to one number in the unit of its key, or the reason why there is none. */
import type { PointKey, Unit } from './quantities.ts';
import { factorTo } from './quantities.ts';

/** What the registers of a point hold. A bit is one coil or discrete input. */
export type PointType = keyof typeof types;

/** How a number lies in its registers. */
export type Layout = {
  type: PointType;
  /** `big`: the first register is the most significant. */
  word_order: 'big' | 'little';
  /** `big`, as the Modbus specification says: the first byte of each register is the more significant. */
  byte_order: 'big' | 'little';
};

export type Encoding = Layout & {
  key: PointKey;
  /** Value in `unit` = raw x scale + offset. */
  scale: number;
  offset: number;
  /** Raw values from here on are below zero: for 10000, 10250 means -250. */
  negative_from?: number;
  unit: Unit;
  /** Raw values, as hex from the most significant byte on, that mean "not available". */
  sentinels: readonly string[];
  /** The least and the most this point can really be, in the key's unit. */
  safe_range: readonly [number, number];
  /** The smallest step it is to show, in the key's unit. */
  resolution?: number;
};

export type Decoded =
  /** In the key's unit. */
  | { kind: 'value'; value: number }
  /** The device says that it has no value: a sentinel, or a float that is not a number. */
  | { kind: 'absent' }
  /** Nothing this point can really be: a fault of the wire, the device or the map. */
  | { kind: 'implausible'; detail: string };

/** How many registers, or bits, a value takes. */
export function widthOf(type: PointType): number {
  return types[type].width;
}

/** The registers or bits that one request must bring for a point: its own, and the one that scales it. */
export function spanOf(point: { address: number; type: PointType; scale_register?: number }): {
  address: number;
  count: number;
} {
  const { address, type, scale_register: scale = address } = point;
  const first = Math.min(address, scale);
  return { address: first, count: Math.max(address + widthOf(type), scale + 1) - first };
}

/**
 * `raw` are the words of this point alone, in the order of their addresses; `scaleWord` is that of its scale register,
 * where it has one.
 */
export function decode(point: Encoding, raw: readonly number[], scaleWord = 0): Decoded {
  const bytes = mostSignificantFirst(point, raw);
  if (point.sentinels.some((sentinel) => sentinel === hexOf(bytes)) || scaleWord === NO_SCALE)
    return { kind: 'absent' };
  const power = scaleWord >= 0x8000 ? scaleWord - 0x10000 : scaleWord;
  if (Math.abs(power) > MOST_POWER) return { kind: 'implausible', detail: `is scaled by 10^${power}` };
  const value = scaled(point, types[point.type].read(bytes), power);
  if (Number.isNaN(value)) return { kind: 'absent' };
  const [least, most] = point.safe_range;
  if (value < least || value > most) {
    return { kind: 'implausible', detail: `${value} is not between ${least} and ${most}` };
  }
  const step = scaled({ ...point, offset: 0 }, 1, power);
  if (power !== 0 && point.resolution !== undefined && step > point.resolution) {
    return { kind: 'implausible', detail: `shows steps of ${step}, not of ${point.resolution}` };
  }
  return { kind: 'value', value };
}

/** The number that these words are, in the registers' own terms. */
export function rawNumber(layout: Layout, raw: readonly number[]): number {
  return types[layout.type].read(mostSignificantFirst(layout, raw));
}

/** The words, or the bit, that this number is: what `rawNumber` reads from them. @throws RangeError when it does not fit. */
export function wordsOf(layout: Layout, value: number): number[] {
  const { width, write } = types[layout.type];
  const bytes = Buffer.alloc(width * 2);
  write(bytes, value);
  if (layout.byte_order === 'little') bytes.swap16();
  const words = Array.from({ length: width }, (_, index) => bytes.readUInt16BE(index * 2));
  return layout.word_order === 'big' ? words : words.reverse();
}

/** What a sentinel would read as if it were a value, in the key's unit. */
export function sentinelValue(point: Encoding, sentinel: string): number {
  return scaled(point, types[point.type].read(Buffer.from(sentinel.slice(2), 'hex')), 0);
}

/** SunSpec: a scale factor that is not implemented, and the greatest there is. */
const NO_SCALE = 0x8000;
const MOST_POWER = 10;

/** Widths in registers. 64-bit integers lose their last digits above 2^53, which no counter of watt hours reaches. */
const types = {
  bit: kind(
    1,
    (bytes) => bytes.readUInt16BE(),
    (bytes, value) => bytes.writeUInt16BE(value),
  ),
  u16: kind(
    1,
    (bytes) => bytes.readUInt16BE(),
    (bytes, value) => bytes.writeUInt16BE(value),
  ),
  s16: kind(
    1,
    (bytes) => bytes.readInt16BE(),
    (bytes, value) => bytes.writeInt16BE(value),
  ),
  u32: kind(
    2,
    (bytes) => bytes.readUInt32BE(),
    (bytes, value) => bytes.writeUInt32BE(value),
  ),
  s32: kind(
    2,
    (bytes) => bytes.readInt32BE(),
    (bytes, value) => bytes.writeInt32BE(value),
  ),
  f32: kind(
    2,
    (bytes) => bytes.readFloatBE(),
    (bytes, value) => bytes.writeFloatBE(value),
  ),
  u64: kind(
    4,
    (bytes) => Number(bytes.readBigUInt64BE()),
    (bytes, value) => bytes.writeBigUInt64BE(BigInt(value)),
  ),
  s64: kind(
    4,
    (bytes) => Number(bytes.readBigInt64BE()),
    (bytes, value) => bytes.writeBigInt64BE(BigInt(value)),
  ),
  f64: kind(
    4,
    (bytes) => bytes.readDoubleBE(),
    (bytes, value) => bytes.writeDoubleBE(value),
  ),
};

function kind(width: number, read: (bytes: Buffer) => number, write: (bytes: Buffer, value: number) => void) {
  return { width, read, write };
}

function mostSignificantFirst(point: Layout, raw: readonly number[]): Buffer {
  const words = point.word_order === 'big' ? raw : raw.toReversed();
  const bytes = Buffer.alloc(words.length * 2);
  for (const [index, word] of words.entries()) bytes.writeUInt16BE(word, index * 2);
  return point.byte_order === 'big' ? bytes : bytes.swap16();
}

/** To fifteen digits, so that 2301 x 0.1 is 230.1 and not 230.10000000000002; what needs no scaling stays exact. */
function scaled(point: Encoding, stored: number, power: number): number {
  const factor = factorTo(point.key, point.unit) ?? Number.NaN;
  const { negative_from: turn } = point;
  const raw = turn !== undefined && stored >= turn ? turn - stored : stored;
  const value = (raw * point.scale * 10 ** power + point.offset) * factor;
  return value === raw ? raw : Number(value.toPrecision(15));
}

function hexOf(bytes: Buffer): string {
  return `0x${bytes.toString('hex').toUpperCase()}`;
}
