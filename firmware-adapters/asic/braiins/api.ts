/** What the adapter of Braiins OS needs of either of its two interfaces. */
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import type { DeviceReading, Identity } from '../../contract.ts';
import type { Call } from '../miner-device.ts';

export type BraiinsOptions = {
  host: string;
  port: number;
  username: string;
  password_file: string;
  quick_ramping?: { up_s: number; down_s: number } | undefined;
  power_target_w?: { min: Watts; max: Watts } | undefined;
};

/** Not a queue: the caller lets one call run at a time. Each throws `AdapterError`, or the signal's reason. */
export type BraiinsApi = {
  identify(signal: AbortSignal): Promise<Identity>;
  read(signal: AbortSignal): Promise<DeviceReading>;
  /** Fetches what a control needs ahead of time. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Calls return the miner's words. */
  pause: Call;
  resume: Call;
  reboot: Call;
  locate(on: boolean): Call;
  setTarget(watts: Watts): Call;
  /** What a power target may be, as far as it is known; up to the default one. */
  readonly range: Range | undefined;
  /** Where a target that a person has set ends, which a return home may have to restore. */
  readonly mostW: Watts | undefined;
  /** Whether a new power target restarts the mining process. */
  readonly targetRestarts: boolean;
  close(): void;
};
