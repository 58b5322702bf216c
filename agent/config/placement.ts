/** The section of policy.yaml for what the rack's GPUs serve: who may change that, and how readily. */
import * as z from 'zod';
import { seconds } from '#protocol/units.ts';

export const placement = z.strictObject({
  /** `advise` only says what it would change; `steer` does it. */
  mode: z.enum(['off', 'advise', 'steer']).default('off'),
  /**
   * Inference servers that are kept ready beside those at work: only one that is there tells that requests come, and
   * none of those waits for a job to give way.
   */
  spare: z.int().min(1).default(1),
  /** Seconds that a server must have nothing to do before its bay is lent to another. */
  calm_s: seconds.default(300),
  /** Seconds that a batch job in a bay which is not its own may go on before inference beyond its share takes it. */
  turn_s: seconds.default(3600),
  /** What a bay does that nobody wants: what it is for, mining where it has a miner, or nothing. */
  unused: z.enum(['home', 'mining', 'rest']).default('home'),
});
