import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Decoded, Encoding, PointType } from './decode.ts';
import { decode, rawNumber, widthOf, wordsOf } from './decode.ts';

const plain: Encoding = {
  key: 'power_factor',
  type: 'u16',
  word_order: 'big',
  byte_order: 'big',
  scale: 1,
  offset: 0,
  unit: '1',
  sentinels: [],
  safe_range: [-Number.MAX_VALUE, Number.MAX_VALUE],
};

const watts: Encoding = { ...plain, key: 'power_w', unit: 'W' };

const literal: [string, Partial<Encoding>, number[], Decoded][] = [
  ['230.2 V of an SDM630, f32 high word first', { type: 'f32' }, [0x4366, 0x3334], value(230.20001220703125)],
  ['-1 W, s16', { type: 's16' }, [0xffff], value(-1)],
  ['65535 W, u16', { type: 'u16' }, [0xffff], value(65535)],
  ['-2 W of an EM340, s32 low word first', { type: 's32', word_order: 'little' }, [0xfffe, 0xffff], value(-2)],
  ['u32 high word first', { type: 'u32' }, [0x0001, 0x0002], value(65538)],
  ['u32 low word first', { type: 'u32', word_order: 'little' }, [0x0001, 0x0002], value(131073)],
  ['u32 with swapped bytes', { type: 'u32', byte_order: 'little' }, [0x0100, 0x0200], value(65538)],
  ['u64 low word first', { type: 'u64', word_order: 'little' }, [4, 3, 2, 1], value(281483566841860)],
  ['s64', { type: 's64' }, [0xffff, 0xffff, 0xffff, 0xfffd], value(-3)],
  ['f64', { type: 'f64' }, [0x3ff8, 0, 0, 0], value(1.5)],
  ['a coil', { type: 'bit' }, [1], value(1)],
  ['a scale without the noise of binary fractions', { scale: 0.1 }, [2301], value(230.1)],
  ['an offset, in the unit of the register', { scale: 0.1, offset: -40 }, [650], value(25)],
  ['a value below zero as a KinCony sensor writes it', { negative_from: 10_000, scale: 0.1 }, [10_250], value(-25)],
  ['kilowatts as watts', { type: 'f32', unit: 'kW' }, [0x3fc0, 0x0000], value(1500)],
  ['NaN as no value', { type: 'f32' }, [0x7fc0, 0x0000], { kind: 'absent' }],
  ['a sentinel as no value', { type: 's16', sentinels: ['0x8000'] }, [0x8000], { kind: 'absent' }],
  [
    'a sentinel in its own word order',
    { type: 'u32', word_order: 'little', sentinels: ['0x80000000'] },
    [0x0000, 0x8000],
    { kind: 'absent' },
  ],
  [
    'a u64 sentinel that no double can hold',
    { type: 'u64', sentinels: ['0xFFFFFFFFFFFFFFFF'] },
    [0xffff, 0xffff, 0xffff, 0xffff],
    { kind: 'absent' },
  ],
];

for (const [name, encoding, raw, decoded] of literal) {
  test(`registers are read as ${name}`, () => {
    assert.deepEqual(decode({ ...watts, ...encoding }, raw), decoded);
  });
}

test('a value outside its safe range is never a number, the ends of the range are', () => {
  const guarded: Encoding = { ...watts, type: 's16', scale: 0.1, safe_range: [-10, 60] };
  assert.deepEqual(decode(guarded, [601]), { kind: 'implausible', detail: '60.1 is not between -10 and 60' });
  assert.equal(decode(guarded, [0x10000 - 101]).kind, 'implausible');
  assert.deepEqual(decode(guarded, [600]), value(60));
  assert.deepEqual(decode(guarded, [0x10000 - 100]), value(-10));
});

test('an infinite float is implausible', () => {
  assert.equal(decode({ ...watts, type: 'f32' }, [0x7f80, 0x0000]).kind, 'implausible');
});

/** Written by DataView here, read by Buffer there. */
const types: [PointType, fc.Arbitrary<number>, (view: DataView, value: number) => void][] = [
  ['u16', fc.integer({ min: 0, max: 0xffff }), (view, it) => view.setUint16(0, it)],
  ['s16', fc.integer({ min: -0x8000, max: 0x7fff }), (view, it) => view.setInt16(0, it)],
  ['u32', fc.integer({ min: 0, max: 0xffffffff }), (view, it) => view.setUint32(0, it)],
  ['s32', fc.integer({ min: -0x80000000, max: 0x7fffffff }), (view, it) => view.setInt32(0, it)],
  ['u64', fc.maxSafeNat(), (view, it) => view.setBigUint64(0, BigInt(it))],
  ['s64', fc.maxSafeInteger(), (view, it) => view.setBigInt64(0, BigInt(it))],
  ['f32', fc.float({ noNaN: true, noDefaultInfinity: true }), (view, it) => view.setFloat32(0, it)],
  ['f64', fc.double({ noNaN: true, noDefaultInfinity: true }), (view, it) => view.setFloat64(0, it)],
];
const orders = ['big', 'little'] as const;

for (const [type, numbers, write] of types) {
  test(`every ${type} comes back from every word and byte order`, () => {
    fc.assert(
      fc.property(numbers, fc.constantFrom(...orders), fc.constantFrom(...orders), (number, wordOrder, byteOrder) => {
        const encoding: Encoding = { ...watts, type, word_order: wordOrder, byte_order: byteOrder };
        assert.deepEqual(
          decode(
            encoding,
            encode(encoding, (view) => write(view, number)),
          ),
          value(number),
        );
      }),
    );
  });
}

function encode(encoding: Encoding, write: (view: DataView) => void): number[] {
  const width = widthOf(encoding.type);
  const view = new DataView(new ArrayBuffer(width * 2));
  write(view);
  const words = Array.from({ length: width }, (_, index) =>
    view.getUint16(index * 2, encoding.byte_order === 'little'),
  );
  return encoding.word_order === 'little' ? words.reverse() : words;
}

function value(number: number): Decoded {
  return { kind: 'value', value: number };
}

test('every type is written as it is read, in every order of words and bytes', () => {
  const numbers = {
    bit: 1,
    u16: 0xbeef,
    s16: -2,
    u32: 3e9,
    s32: -70_000,
    u64: 2 ** 40,
    s64: -(2 ** 40),
    f32: 0.5,
    f64: 0.1,
  };
  for (const [type, number] of Object.entries(numbers) as [PointType, number][]) {
    for (const word_order of ['big', 'little'] as const) {
      for (const byte_order of ['big', 'little'] as const) {
        const layout = { type, word_order, byte_order };
        const words = wordsOf(layout, number);
        assert.equal(words.length, widthOf(type));
        assert.equal(rawNumber(layout, words), number, `${type} ${word_order}/${byte_order}`);
      }
    }
  }
  assert.deepEqual(wordsOf({ type: 'u32', word_order: 'little', byte_order: 'big' }, 0x12345678), [0x5678, 0x1234]);
  assert.throws(() => wordsOf({ type: 'u16', word_order: 'big', byte_order: 'big' }, 65_536), RangeError);
});
