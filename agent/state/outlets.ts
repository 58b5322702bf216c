/** What the PDUs say of the outlets that feed each device. Pure. */
import type { Watts } from '#protocol/units.ts';
import type { Now, OutletReading } from './observation.ts';
import type { DeviceView, PduView, Picture } from './picture.ts';
import { freshReading } from './staleness.ts';

/** The picture after a PDU was read: a device all of whose outlets are open has no power. */
export function withPower(picture: Picture, pdu: string, now: Now): Picture {
  const fed = Object.values(picture.devices).filter(({ facts }) => facts.outlets.some((outlet) => outlet.pdu === pdu));
  if (fed.length === 0) return picture;
  const changed = fed.map((device) => [device.facts.id, powered(picture, device, now)] as const);
  return { ...picture, devices: { ...picture.devices, ...Object.fromEntries(changed) } };
}

/** Watts into a device by its outlets; undefined unless each of them says. */
export function outletsW(picture: Picture, device: DeviceView, now: Now): Watts | undefined {
  const watts = outletsOf(picture, device, now)?.map(({ powerW }) => powerW);
  if (!watts?.length) return undefined;
  return watts.reduce<Watts | undefined>(
    (sum, each) => (sum === undefined || each === undefined ? undefined : sum + each),
    0,
  );
}

function powered(picture: Picture, device: DeviceView, now: Now): DeviceView {
  const unpowered = outletsOf(picture, device, now)?.every(({ on }) => on === false) ?? device.unpowered;
  if (unpowered === device.unpowered) return device;
  return { ...device, unpowered, state: unpowered ? 'unpowered' : 'unknown', since: now };
}

/** undefined when a PDU has not spoken lately or does not have such an outlet. */
function outletsOf(picture: Picture, { facts }: DeviceView, now: Now): OutletReading[] | undefined {
  const readings = facts.outlets.map(({ pdu, outlet }) =>
    fresh(picture, pdu, now)?.outlets.find((each) => each.outlet === outlet),
  );
  const known = readings.filter((reading): reading is OutletReading => reading !== undefined);
  return known.length === facts.outlets.length && known.length > 0 ? known : undefined;
}

function fresh({ pdus }: Picture, id: string, now: Now): PduView['reading'] {
  const pdu = pdus[id];
  return pdu && freshReading(pdu, now);
}
