/** What the rack draws, as far as it can be told without its feed meter. No proof of anything. */
import type { Watts } from '#protocol/units.ts';
import type { Now } from './observation.ts';
import { outletsW } from './outlets.ts';
import type { DeviceView, Picture } from './picture.ts';
import { feedMeter } from './picture.ts';
import { freshDevice } from './staleness.ts';

export type Estimate = { readonly watts: Watts; readonly from: 'outlets' | 'devices' };

/** By the outlets where a PDU feeds every device, else by the devices' own word; undefined if one says nothing. */
export function estimated(picture: Picture, now: Now): Estimate | undefined {
  const byOutlets = sumW(picture, (device) => outletsW(picture, device, now));
  if (byOutlets !== undefined) return { watts: byOutlets, from: 'outlets' };
  const byDevices = devicesSumW(picture, now);
  return byDevices === undefined ? undefined : { watts: byDevices, from: 'devices' };
}

/** What the devices report together, with what passes through the meter beside them; undefined if one does not say. */
export function devicesSumW(picture: Picture, now: Now): Watts | undefined {
  return sumW(picture, (device) => (device.unpowered ? 0 : freshDevice(device, now)?.powerW));
}

function sumW(picture: Picture, wattsOf: (device: DeviceView) => Watts | undefined): Watts | undefined {
  let sum = feedMeter(picture)?.facts.otherLoadsW ?? 0;
  for (const device of Object.values(picture.devices)) {
    const watts = wattsOf(device);
    if (watts === undefined) return undefined;
    sum += watts;
  }
  return sum;
}
