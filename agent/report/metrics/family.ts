/** How metrics are written down: a name, what it means, and one sample or one for each of several things. */
import type { Family, Labels, Sample } from './exposition.ts';

type Known = number | boolean | null | undefined;

export function gauge(name: string, help: string, value: Known | readonly Sample[]): Family {
  return { name: `ballast_${name}`, type: 'gauge', help, samples: samplesOf(value) };
}

/** For what only grows, and begins anew at a restart. */
export function counter(name: string, help: string, value: Known | readonly Sample[]): Family {
  return { name: `ballast_${name}_total`, type: 'counter', help, samples: samplesOf(value) };
}

/** One sample for each of `things` whose value is known. */
export function each<T>(things: Iterable<T>, labels: (thing: T) => Labels, value: (thing: T) => Known): Sample[] {
  return [...things].flatMap((thing) => samplesOf(value(thing), labels(thing)));
}

/** All of `words` under `label`: 1 for the one that holds, 0 for the others. */
export function oneOf(label: string, words: readonly string[], holds: string | null | undefined): Sample[] {
  return each(
    words,
    (word) => ({ [label]: word }),
    (word) => word === holds,
  );
}

/** All of `words` under `label` with how often each was counted: a rate needs the 0 before the first. */
export function counted(label: string, words: readonly string[], counts: ReadonlyMap<string, number>): Sample[] {
  return each(
    words,
    (word) => ({ [label]: word }),
    (word) => counts.get(word) ?? 0,
  );
}

/** A figure in another unit: unknown stays unknown. */
export function times(factor: number, value: number | null | undefined): number | undefined {
  return value === null || value === undefined ? undefined : value * factor;
}

function samplesOf(value: Known | readonly Sample[], labels: Labels = {}): readonly Sample[] {
  if (typeof value === 'object' && value !== null) return value;
  return value === null || value === undefined ? [] : [{ labels, value: Number(value) }];
}
