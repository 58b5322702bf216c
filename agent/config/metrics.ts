/** The section of config.yaml for Prometheus. Without it nothing listens. */
import * as z from 'zod';

export const metrics = z.strictObject({
  /** On 127.0.0.1 alone: whoever may use this machine may read it. 0 is any, and the log tells which. */
  port: z.int().min(0).max(65_535),
});
