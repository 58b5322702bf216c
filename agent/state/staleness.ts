/** How old a reading may be before it says nothing about now. */
import type { Millis } from '#protocol/units.ts';
import type { Now } from './observation.ts';
import type { At, DeviceView, MeterView } from './picture.ts';

/** Readings missed in a row before a meter counts as gone, but never less than this many milliseconds. */
const MISSED_READINGS = 5;
const LEAST_METER_MS: Millis = 3000;
const DEVICE_MS: Millis = 30_000;

/** What a meter tells that has frozen says nothing either. */
export function freshMeter(meter: MeterView | undefined, now: Now): MeterView['reading'] {
  return meter && !meter.still?.isFrozen ? freshReading(meter, now) : undefined;
}

/** Of a meter, a sensor or a PDU. */
export function freshReading<T>(
  { facts, reading }: { facts: { periodMs: Millis }; reading?: At<T> },
  now: Now,
): At<T> | undefined {
  return within(reading, Math.max(LEAST_METER_MS, MISSED_READINGS * facts.periodMs), now);
}

export function freshDevice(device: DeviceView, now: Now): DeviceView['reading'] {
  return within(device.reading, DEVICE_MS, now);
}

function within<T>(seen: At<T> | undefined, ms: Millis, now: Now): At<T> | undefined {
  return seen && now.mono - seen.at.mono <= ms ? seen : undefined;
}
