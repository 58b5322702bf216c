/**
 * A miner whose controls are single calls: what the adapters of plain firmware share. Those with sessions to give back
 * or limits to work out first build on `transport/device-line.ts` themselves.
 */
import type { Capability } from '#protocol/capability.ts';
import type { Ack, AdapterContext, Controls, Device, DeviceReading, Identity, Switch } from '../contract.ts';
import { acceptClosing, DeviceLine } from '../transport/device-line.ts';
import type { Urgency } from '../transport/wire-queue.ts';

/** One firmware's way of speaking. Nothing here queues: the line lets one call run at a time. */
export type Firmware = {
  identify(signal: AbortSignal): Promise<Identity>;
  read(signal: AbortSignal): Promise<DeviceReading>;
  /** Fetches what a control needs ahead of time; absent where identifying does it all. */
  prepare?(signal: AbortSignal): Promise<unknown>;
  /** Lets go of connections that are kept. */
  close?(): void;
  /** Milliseconds that what was fetched ahead serves. */
  renewMs: number;
  /** Asked anew each time, as controls may come with what the miner has told. */
  controls(line: DeviceLine): Controls;
};

/** A control neither restarts anything nor writes flash, and may be used as often as needed. */
export const gentle = { restarts: false, persistent: false, min_interval_s: 0 };

export class PlainMiner implements Device {
  readonly #firmware: Firmware;
  readonly #line: DeviceLine;

  constructor(firmware: Firmware, { clock, log }: Pick<AdapterContext, 'clock' | 'log'>) {
    const { renewMs } = firmware;
    this.#firmware = firmware;
    this.#line = new DeviceLine({
      clock,
      log,
      renewMs,
      identify: (signal) => firmware.identify(signal),
      prepare: async (signal) => await firmware.prepare?.(signal),
    });
  }

  get controls(): Controls {
    return this.#firmware.controls(this.#line);
  }

  start(): void {
    this.#line.start();
  }

  async stop(): Promise<void> {
    await this.#line.stop();
    this.#firmware.close?.();
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    return this.#line.identify(signal);
  }

  read(signal?: AbortSignal): Promise<DeviceReading> {
    return this.#line.run('read', (abort) => this.#firmware.read(abort), signal);
  }
}

/** A call to the miner; returns its own words. */
export type Call = (signal: AbortSignal) => Promise<string>;

/** A control that is one call. */
export function control(line: DeviceLine, urgency: Urgency, capability: Capability, call: Call): Switch {
  return { capability, run: (signal) => acknowledged(line, urgency, capability, call, signal) };
}

/** A reboot: the miner may go down before it answers. */
export function rebootControl(line: DeviceLine, capability: Capability, call: Call): Switch {
  const { settle_ms: settleMs } = capability;
  const run = (signal?: AbortSignal) => acceptClosing(acknowledged(line, 'raise', capability, call, signal), settleMs);
  return { capability, run };
}

/** A light that is switched on and off by one call each. */
export function locateControl(line: DeviceLine, on: Call, off: Call): NonNullable<Controls['locate']> {
  const capability = { ...gentle, settle_ms: 0 };
  return { ...control(line, 'raise', capability, on), stop: control(line, 'raise', capability, off).run };
}

async function acknowledged(
  line: DeviceLine,
  urgency: Urgency,
  { settle_ms: settleMs }: Capability,
  call: Call,
  signal: AbortSignal | undefined,
): Promise<Ack> {
  return { said: await line.run(urgency, call, signal), settleMs };
}
