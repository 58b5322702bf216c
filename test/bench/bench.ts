/** What a bench is, and what it hands back. */

export type Bench = {
  readonly name: string;
  /** One line for people. */
  readonly what: string;
  run(surroundings: Surroundings): Promise<Outcome>;
};

export type Surroundings = {
  /** A folder of recorded data, for a bench that needs some. */
  readonly data: string | undefined;
  /** For how long, where a bench takes as long as it is told; its own usual time where absent. */
  readonly minutes?: number;
  /** A word to people on how far it is. */
  say(progress: string): void;
};

export type Outcome =
  | { readonly kind: 'ran'; readonly checks: readonly Check[]; readonly figures: Readonly<Record<string, number>> }
  | { readonly kind: 'notRun'; readonly why: string };

export type Check = {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly better: 'lower' | 'higher';
};

/** A value at its limit is good enough; one that is not a number never is. */
export function isOk({ value, limit, better }: Check): boolean {
  return better === 'lower' ? value <= limit : value >= limit;
}

/** By nearest rank, so that every quantile is a value that was measured. `share` is 0 to 1; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
