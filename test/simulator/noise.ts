import type { Millis } from '#protocol/units.ts';

/**
 * A number from -1 to 1 for a name and a moment. It depends on nothing else, so that two readers of one moment see
 * the same, and reading more often changes nothing.
 */
export type Noise = (name: string, atMs: Millis) => number;

export const noNoise: Noise = () => 0;

/** Noise that is the same in every run with the same seed; it takes a new value every `holdMs`. */
export function seededNoise(seed: number, holdMs: Millis = 200): Noise {
  return (name, atMs) => (hash(`${seed}/${name}/${Math.floor(atMs / holdMs)}`) / 0xffff_ffff) * 2 - 1;
}

/** FNV-1a over the UTF-16 units, then the finalizer of MurmurHash3: FNV alone hardly mixes the last characters. */
export function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
