/** The section of policy.yaml for holding a level while the AI load spikes. Without it, GPUs are planned at full load. */
import * as z from 'zod';

export const balance = z.strictObject({
  /**
   * Share of AI time that evening out its load may cost, 0 to 1: the more, the more of its pauses the miners fill. What
   * a pause fills must be given back when it ends, and until a miner has followed the GPUs wait under a power cap.
   */
  ai_time: z.number().min(0).max(0.5).default(0.02),
});
