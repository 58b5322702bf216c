/** The section of policy.yaml for what the rack earns: prices that orders leave out, and how lightly a price moves it. */
import * as z from 'zod';
import { fraction, seconds } from '#protocol/units.ts';

export const market = z.strictObject({
  /** What mining pays in USD for a PH/s and a day, where a `market` order does not say. */
  hash_usd_per_ph_day: z.number().nonnegative().exactOptional(),
  /** What a GPU earns in USD an hour with inference, where a `market` order does not say. */
  inference_usd_per_gpu_h: z.number().nonnegative().exactOptional(),
  /** How long a price that is too high is taken to last, in seconds: what a restart costs is weighed against that. */
  spell_s: seconds.min(60).default(1800),
  /**
   * A device rests once energy costs this share more than it earns, beside its restart, and runs again once it costs
   * this share less.
   */
  margin: fraction.default(0.05),
  /** Whether a negative price also wakes what sleeps at home, and lifts what is limited there. */
  take_when_paid: z.boolean().default(false),
});
