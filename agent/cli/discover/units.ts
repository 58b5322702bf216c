/** Lists of unit ids as people write them. */
import { usageFailure } from '../failure.ts';

/** `1-16,247` as numbers, each once, in the order given. @throws Failure for what is no unit. */
export function parseUnits(text: string): number[] {
  const units = text.split(',').flatMap((part) => {
    const [, first, last = first] = /^\s*(\d{1,3})\s*(?:-\s*(\d{1,3}))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || from > to || to > 255)
      throw usageFailure(`${part.trim()} is no unit, nor a range of units`, 'write such as 1-16,247');
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(units)];
}
