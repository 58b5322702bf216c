/** What the PDUs say of the outlets that feed each device. Pure. */
import type { Millis, Watts } from '#protocol/units.ts';
import { withChanged } from './devices.ts';
import { withReading } from './instruments.ts';
import type { Now, OutletReading, PduReading } from './observation.ts';
import type { DeviceView, Picture } from './picture.ts';
import { ageMs, devicesOf } from './picture.ts';
import { withEarlier } from './series.ts';
import { freshReading } from './staleness.ts';

/** One that feeds a device, by its name as in the config; without figures where its PDU has not spoken lately. */
export type OutletView = Partial<OutletReading> & { readonly name: string; readonly ageMs?: Millis };

/** The picture after a PDU has spoken. */
export function withPdu(picture: Picture, pdu: string, reading: PduReading, now: Now): Picture {
  const after = withReading(picture.pdus, pdu, reading, now)[pdu];
  if (!after?.reading) return picture;
  const told = { ...after, earlier: withEarlier(picture.pdus[pdu]?.earlier, after.reading) };
  return withPower({ ...picture, pdus: { ...picture.pdus, [pdu]: told } }, pdu, now);
}

/** A device all of whose outlets are open has no power. */
function withPower(picture: Picture, pdu: string, now: Now): Picture {
  const fed = devicesOf(picture).filter(({ facts }) => facts.outlets.some((outlet) => outlet.pdu === pdu));
  if (fed.length === 0) return picture;
  const changed = fed.map((device) => powered(picture, device, now));
  return { ...picture, devices: withChanged(picture.devices, changed) };
}

/** Into a device by its outlets; undefined unless each of them says. */
export function outletsPower(
  picture: Picture,
  device: DeviceView,
  now: Now,
): { watts: Watts; ageMs: Millis } | undefined {
  const outlets = outletsOf(picture, device, now);
  if (outlets.length === 0) return undefined;
  let [watts, oldestMs] = [0, 0];
  for (const { powerW, ageMs: age } of outlets) {
    if (powerW === undefined || age === undefined) return undefined;
    watts += powerW;
    oldestMs = Math.max(oldestMs, age);
  }
  return { watts, ageMs: oldestMs };
}

/** As in the config: `pdu-a/3`. */
export function outletName({ pdu, outlet }: { pdu: string; outlet: number }): string {
  return `${pdu}/${outlet}`;
}

/** All that feed a device. */
export function outletsOf({ pdus }: Picture, { facts }: DeviceView, now: Now): OutletView[] {
  return facts.outlets.map(({ pdu, outlet }) => {
    const view = pdus[pdu];
    const reading = view && freshReading(view, now);
    const found = reading?.outlets.find((each) => each.outlet === outlet);
    const age = ageMs(reading, now);
    return { name: outletName({ pdu, outlet }), ...found, ...(found && age !== undefined && { ageMs: age }) };
  });
}

function powered(picture: Picture, device: DeviceView, now: Now): DeviceView {
  const outlets = outletsOf(picture, device, now);
  const isTold = outlets.every(({ ageMs: age }) => age !== undefined);
  const unpowered = isTold ? outlets.every(({ on }) => on === false) : device.unpowered;
  if (unpowered === device.unpowered) return device;
  return { ...device, unpowered, state: unpowered ? 'unpowered' : 'unknown', since: now };
}
