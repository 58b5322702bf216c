/** What the rack draws, as far as it can be told without its feed meter. No proof of anything. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { Now } from './observation.ts';
import { outletsPower } from './outlets.ts';
import type { DeviceView, Picture } from './picture.ts';
import { ageMs, devicesOf, feedMeter } from './picture.ts';
import { freshDevice } from './staleness.ts';

/** `ageMs` is that of the oldest reading in it. */
export type Power = { readonly watts: Watts; readonly ageMs: Millis };
export type Estimate = Power & { readonly from: 'outlets' | 'devices' };

/** By the outlets where a PDU feeds every device, else by the devices' own word; undefined if one says nothing. */
export function estimated(picture: Picture, now: Now): Estimate | undefined {
  const byOutlets = outletsSum(picture, now);
  if (byOutlets) return { ...byOutlets, from: 'outlets' };
  const byDevices = sum(picture, (device) => ownWord(device, now));
  return byDevices && { ...byDevices, from: 'devices' };
}

/** The best there is for each device: its outlets, its own word, or all that it could draw; undefined if none says. */
export function guessed(picture: Picture, now: Now): Power | undefined {
  const told = (device: DeviceView) => outletsPower(picture, device, now) ?? ownWord(device, now);
  if (!devicesOf(picture).some((device) => told(device))) return undefined;
  return sum(picture, (device) => told(device) ?? { watts: device.fullW, ageMs: 0 });
}

/** What the devices report together, with what passes through the meter beside them; undefined if one does not say. */
export function devicesSumW(picture: Picture, now: Now): Watts | undefined {
  return sum(picture, (device) => ownWord(device, now))?.watts;
}

/** What the PDUs measure of all devices, likewise. */
export function outletsSum(picture: Picture, now: Now): Power | undefined {
  return sum(picture, (device) => outletsPower(picture, device, now));
}

/** What it says that it draws. */
export function ownWord(device: DeviceView, now: Now): Power | undefined {
  if (device.unpowered) return { watts: 0, ageMs: 0 };
  const reading = freshDevice(device, now);
  return reading?.powerW === undefined ? undefined : { watts: reading.powerW, ageMs: ageMs(reading, now) ?? 0 };
}

function sum(picture: Picture, powerOf: (device: DeviceView) => Power | undefined): Power | undefined {
  let watts = feedMeter(picture)?.facts.otherLoadsW ?? 0;
  let oldestMs = 0;
  for (const device of devicesOf(picture)) {
    const power = powerOf(device);
    if (!power) return undefined;
    watts += power.watts;
    oldestMs = Math.max(oldestMs, power.ageMs);
  }
  return { watts, ageMs: oldestMs };
}
