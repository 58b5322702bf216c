/** The GPUs of one machine, as whoever stands beside it sees them; each make has its own way to be seen by an agent. */
import type { Watts } from '#protocol/units.ts';

export type GpuSpec = {
  /** What its work wants. */
  readonly demandW: Watts;
  /** Between which its cap may be set. */
  readonly minW: Watts;
  readonly maxW: Watts;
};

export type GpuHost = {
  /** What all of them draw now, as a meter before them would show. */
  readonly totalW: Watts;
  /** What runs on one wants this much from now on. */
  demand(index: number, watts: Watts): void;
  capW(index: number): Watts;
  close(): void;
};
