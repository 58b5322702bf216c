/** A bay as a plan tells of it. */
import type { Use } from '#protocol/capability.ts';
import type { Stage } from '../switch/turn.ts';

export type BayPlan = {
  readonly bay: string;
  readonly gpus: readonly string[];
  readonly stage: Stage;
  /** What it should serve, and why. */
  readonly wanted: Use;
  readonly why: string;
};
