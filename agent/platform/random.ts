/** Randomness, injected where it is used, as time is. */
export type Random = () => number;

/** 0 to 1; good for jitter, not for secrets. */
export const systemRandom: Random = () => Math.random();
