/** The section of policy.yaml for orders that follow the grid's frequency. */
import * as z from 'zod';

export const frequency = z.strictObject({
  /**
   * Whether a `trip` cuts: until it is `armed` the rack only records when it would have. What a meter shows in a quiet
   * month tells whether its frequency can be trusted with that.
   */
  trip: z.enum(['record', 'armed']).default('record'),
  /** Volts from phase to neutral: below nine tenths of it the grid sags, and no frequency is believed. */
  nominal_v: z.number().positive().max(1000).exactOptional(),
});
