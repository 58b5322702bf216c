/** The section of policy.yaml for what a rack waits for before it draws more again, each rack by its own meter and sensor. */
import * as z from 'zod';

export const restore = z.strictObject({
  /** Nothing is raised while the frequency is lower, such as 59.95; absent where no meter tells it. */
  above_hz: z.number().min(45).max(65).exactOptional(),
  /** Nothing is raised while an inlet is at this temperature or above it. */
  inlet_below_c: z.number().min(-20).max(60).exactOptional(),
});
