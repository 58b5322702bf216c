/** Hears who each device is, which its session knows while it lasts, and reads it. */
import type { Device } from '#adapters/contract.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { DeviceFacts, Observation } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import type { Millis } from '#protocol/units.ts';
import { Poller } from './poller.ts';

/** What a device says is published: without a bound one of them could make packets that the broker refuses. */
const MOST_FAULTS = 32;
const LONGEST_FAULT = 200;

export type WatchedDevice = {
  readonly id: string;
  readonly face: Pick<Device, 'identify' | 'read'>;
  readonly periodMs: Millis;
  /** The MAC the config names; lower case with colons. */
  readonly mac: string | undefined;
  /** Its controls, as far as it has told. */
  offers(): DeviceFacts['controls'];
};

export function watchDevice(device: WatchedDevice, clock: Clock, observe: (observation: Observation) => void): Poller {
  return new Poller({
    name: device.id,
    periodMs: device.periodMs,
    clock,
    read: async (signal) => {
      observe(await identified(device, signal));
      observe({ kind: 'controls', device: device.id, controls: device.offers() });
      const { faults, ...reading } = await device.face.read(signal);
      observe({
        kind: 'device',
        device: device.id,
        reading: { ...reading, faults: faults.slice(0, MOST_FAULTS).map(brief) },
      });
    },
    failed: (error) => {
      const trouble = troubleOf(error);
      if (trouble) observe({ kind: 'deviceTrouble', device: device.id, trouble });
    },
  });
}

function brief(fault: string): string {
  return fault.slice(0, LONGEST_FAULT);
}

async function identified({ id, face, mac }: WatchedDevice, signal: AbortSignal): Promise<Observation> {
  const identity = await face.identify(signal);
  if (mac === undefined || identity.mac === mac) return { kind: 'identity', device: id, identity };
  const mismatch = `another device is at its address: it says MAC ${identity.mac ?? '(none)'}, the config says ${mac}`;
  return { kind: 'identity', device: id, identity, mismatch };
}
