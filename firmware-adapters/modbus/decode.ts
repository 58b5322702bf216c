/** Registers to one number in the unit of its key, or the reason why there is none. */

import type { PointKey, Unit } from './quantities.ts';
import { factorTo } from './quantities.ts';

/** What the registers of a point hold. A bit is one coil or discrete input. */
export type PointType = keyof typeof types;

export type Encoding = {
  key: PointKey;
  type: PointType;
  /** `big`: the first register is the most significant. */
  word_order: 'big' | 'little';
  /** `big`, as the Modbus specification says: the first byte of each register is the more significant. */
  byte_order: 'big' | 'little';
  /** Value in `unit` = raw x scale + offset. */
  scale: number;
  offset: number;
  unit: Unit;
  /** Raw values, as hex from the most significant byte on, that mean "not available". */
  sentinels: readonly string[];
  /** The least and the most this point can really be, in the key's unit. */
  safe_range: readonly [number, number];
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

/** `raw` are the words of this point alone, in the order of their addresses. */
export function decode(point: Encoding, raw: readonly number[]): Decoded {
  const bytes = mostSignificantFirst(point, raw);
  if (point.sentinels.includes(hexOf(bytes))) return { kind: 'absent' };
  const value = scaled(point, types[point.type].read(bytes));
  if (Number.isNaN(value)) return { kind: 'absent' };
  const [least, most] = point.safe_range;
  if (value >= least && value <= most) return { kind: 'value', value };
  return { kind: 'implausible', detail: `${value} is not between ${least} and ${most}` };
}

/** What a sentinel would read as if it were a value, in the key's unit. */
export function sentinelValue(point: Encoding, sentinel: string): number {
  return scaled(point, types[point.type].read(Buffer.from(sentinel.slice(2), 'hex')));
}

/** Widths in registers. 64-bit integers lose their last digits above 2^53, which no counter of watt hours reaches. */
const types = {
  bit: { width: 1, read: (bytes: Buffer) => bytes.readUInt16BE() },
  u16: { width: 1, read: (bytes: Buffer) => bytes.readUInt16BE() },
  s16: { width: 1, read: (bytes: Buffer) => bytes.readInt16BE() },
  u32: { width: 2, read: (bytes: Buffer) => bytes.readUInt32BE() },
  s32: { width: 2, read: (bytes: Buffer) => bytes.readInt32BE() },
  f32: { width: 2, read: (bytes: Buffer) => bytes.readFloatBE() },
  u64: { width: 4, read: (bytes: Buffer) => Number(bytes.readBigUInt64BE()) },
  s64: { width: 4, read: (bytes: Buffer) => Number(bytes.readBigInt64BE()) },
  f64: { width: 4, read: (bytes: Buffer) => bytes.readDoubleBE() },
};

function mostSignificantFirst(point: Encoding, raw: readonly number[]): Buffer {
  const words = point.word_order === 'big' ? raw : raw.toReversed();
  const bytes = Buffer.alloc(words.length * 2);
  for (const [index, word] of words.entries()) bytes.writeUInt16BE(word, index * 2);
  return point.byte_order === 'big' ? bytes : bytes.swap16();
}

/** To fifteen digits, so that 2301 x 0.1 is 230.1 and not 230.10000000000002; what needs no scaling stays exact. */
function scaled(point: Encoding, raw: number): number {
  const factor = factorTo(point.key, point.unit) ?? Number.NaN;
  const value = (raw * point.scale + point.offset) * factor;
  return value === raw ? raw : Number(value.toPrecision(15));
}

function hexOf(bytes: Buffer): string {
  return `0x${bytes.toString('hex').toUpperCase()}`;
}
