/** What a rack has learned of a device by seeing it move, on its outlets or on the meter while nothing else moved. */
import * as z from 'zod';
import { watts } from './units.ts';

/** null is not known yet: then the priors of its controls count. */
const seconds = z.number().nonnegative().nullable();

export const learned = z.object({
  /** Seconds from a call that lowers it until 10 % and 90 % of the drop were seen. */
  drop_10_s: seconds,
  drop_90_s: seconds,
  /** Seconds from the call to wake until it drew 95 % of what it came to. */
  ramp_up_s: seconds,
  /** Share of calls, 0 to 1, that it did not carry out at the first asking. */
  failure_odds: z.number().min(0).max(1).nullable(),
  /** Settings in words, such as `asleep`, and the watts it was seen to draw there. */
  watts_at: z.array(z.object({ setting: z.string(), watts })),
});
