/** What happens to replies on their way, or comes out of firmware that has no answer: made anew from a seed. */

/** A number from 0 up to but not including `below`. */
export type Dice = (below: number) => number;

/** mulberry32: small, and good enough for choosing. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One value of the reply is not known: null, empty, words, a bare nan, or left out. Text that is no JSON stays. */
export function withoutOneValue(words: string, roll: Dice): string {
  const slots = slotsIn(words);
  const slot = slots[roll(Math.max(1, slots.length))];
  if (!slot) return words;
  const [from, to] = slot;
  return words.slice(0, from) + unknowns[roll(unknowns.length)] + words.slice(to);
}

/** The text is damaged somewhere, once to three times. */
export function damaged(words: string, roll: Dice): string {
  let text = words;
  for (let times = 1 + roll(3); times > 0; times--) {
    const damage = damages[roll(damages.length)];
    text = damage ? damage(text, roll(text.length + 1), roll) : text;
  }
  return text;
}

/** Something in it goes on and on: what a pattern tried anew from every character takes the square of. */
export function bloated(words: string, roll: Dice): string {
  const at = roll(words.length + 1);
  const piece = pieces[roll(pieces.length)] ?? ' ';
  return words.slice(0, at) + piece.repeat(Math.ceil(BLOAT_BYTES / piece.length)) + words.slice(at);
}

/** Below what a transport refuses unread, and few enough that the square of it ends. */
const BLOAT_BYTES = 100_000;

const unknowns = ['null', '""', '"n/a"', '"--"', 'nan', '[]', '{}', '"nan"'];

const pieces = [' ', '[', '{', '"', '\\', '\\"', "'", ',', '}{', '[1] ', '{"a":', '0', '-', 'nan', '\n', 'A[', '\0'];

type Damage = (text: string, at: number, roll: Dice) => string;

const damages: Damage[] = [
  (text, at) => text.slice(0, at),
  (text, at) => text.slice(at),
  (text, at, roll) => text.slice(0, at) + text.slice(at + 1 + roll(8)),
  (text, at, roll) => text.slice(0, at) + text.slice(at, at + 1 + roll(40)) + text.slice(at),
  (text, at, roll) => text.slice(0, at) + String.fromCharCode(32 + roll(95)) + text.slice(at + 1),
  (text, at, roll) => text.slice(0, at) + pieces[roll(pieces.length)] + text.slice(at),
  (text, at, roll) => text.slice(0, at) + numbers[roll(numbers.length)] + text.slice(at),
  (text) => `<html><head><title>Login</title></head><body>${text}`,
  (text) => text.replaceAll('},{', '}{'),
];

const numbers = ['-', '1e999', '99999999999999999999', '0x1f', '1.2.3', '-273', 'NaN', '1e-9', 'true'];

/**
 * Where the values of a JSON text stand: numbers and texts behind a colon, and those in a list of their own. In a line
 * of `KEY[value]` pairs inside a text, what stands in its brackets.
 */
function slotsIn(words: string): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (const match of words.matchAll(/(?<=[:[,]\s*)(?:-?\d[\d.eE+-]*|"(?:[^"\\]|\\.)*"|true|false)(?=\s*[,}\]])/g)) {
    const inside = /(?<=[A-Za-z]\[)[^[\]]*(?=\])/g;
    const brackets = [...match[0].matchAll(inside)].map((each): [number, number] => {
      const from = match.index + each.index;
      return [from, from + each[0].length];
    });
    found.push(
      ...(brackets.length > 0 ? brackets : [[match.index, match.index + match[0].length] as [number, number]]),
    );
  }
  return found;
}
