/** How far commissioning is, as the agent answers. */
import * as z from 'zod';

const result = z.object({
  device: z.string(),
  /** Whether it was moved, or seen to move. */
  tried: z.boolean(),
  fits: z.boolean(),
  findings: z.array(z.string()),
  /** The outlets that moved with it. */
  outlets: z.array(z.string()),
  /** Watts by which the feed and the outlets followed. */
  feedW: z.number().optional(),
  outletsW: z.number().optional(),
});

export const answer = z.object({
  running: z.boolean(),
  observes: z.boolean(),
  over: z.string().optional(),
  doing: z.object({ device: z.string(), what: z.string(), forS: z.number() }).optional(),
  waiting: z.number(),
  results: z.array(result),
  released: z.array(z.string()),
});

export type CommissionResult = z.infer<typeof result>;
export type CommissionAnswer = z.infer<typeof answer>;
