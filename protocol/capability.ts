/** What a control does to a device and what using it costs, as data, so that deciding knows no vendors. */
import * as z from 'zod';

const range = z.object({
  /** Lowest and highest value the device accepts, in `unit`. */
  min: z.number(),
  max: z.number(),
  /** Smallest change it honours. */
  step: z.number().positive(),
  /** `percent` of the device's rated power, or `watts`. */
  unit: z.enum(['percent', 'watts']),
});

/** What a device is to a site: miners give way for AI work, and GPUs and accelerators carry it. */
const deviceKinds = ['miner', 'gpu', 'accelerator', 'workload'] as const;

/** What GPUs can be there for. `mining` is a miner that runs on them; `rest` is nobody. */
export const uses = ['inference', 'batch', 'mining', 'rest'] as const;

/** How what runs on GPUs gives way, from the cheapest to the hardest; a power cap comes before all of them. */
export const stepNames = ['sleep', 'checkpoint', 'freeze', 'cuda-checkpoint', 'stop'] as const;

export const capability = z.object({
  /** What may be asked for; absent for a control that is only on or off. */
  range: range.exactOptional(),
  /** Milliseconds from the acknowledgement until the power has settled. A prior; learned values replace it. */
  settle_ms: z.number().nonnegative(),
  /** Whether the mining process or the device restarts, so that power goes to zero first. */
  restarts: z.boolean(),
  /** Whether the setting is written to flash: survives a reboot, and wears the flash. */
  persistent: z.boolean(),
  /** Seconds that must pass between two uses; 0 for none. */
  min_interval_s: z.number().nonnegative(),
});

export type Range = z.infer<typeof range>;
export type DeviceKind = (typeof deviceKinds)[number];
export type Use = (typeof uses)[number];
export type StepName = (typeof stepNames)[number];
export type Capability = z.infer<typeof capability>;
