/** Flow from a counter of volume, which moves in steps: a water meter gives a pulse every so many litres. */
import type { LitresPerMinute, Millis } from '#protocol/units.ts';

/** Over how long it is averaged: with a litre a pulse, to one litre per minute. */
const SPAN_MS: Millis = 60_000;
/** Before that, a single pulse would say too much. */
const LEAST_MS: Millis = 20_000;

export class CountedFlow {
  #samples: { volumeL: number; mono: Millis }[] = [];

  /** The mean flow of the last minute; undefined until the counter has been heard for long enough. */
  add(volumeL: number, mono: Millis): LitresPerMinute | undefined {
    // A counter that goes back was reset.
    if (volumeL < (this.#samples.at(-1)?.volumeL ?? 0)) this.#samples = [];
    this.#samples = [...this.#samples.filter((sample) => mono - sample.mono <= SPAN_MS), { volumeL, mono }];
    const [first] = this.#samples;
    if (!first || mono - first.mono < LEAST_MS) return undefined;
    return ((volumeL - first.volumeL) / (mono - first.mono)) * 60_000;
  }
}
