/** Whether what commissioning found out is about a device as it is now, and as the config says it is fed. Pure. */
import type { Commissioned } from './observation.ts';
import { outletName } from './outlets.ts';
import type { DeviceView, Picture } from './picture.ts';
import { devicesOf } from './picture.ts';

export function isCommissioned({ facts, identity }: DeviceView): boolean {
  const { commissioned } = facts;
  if (!commissioned || commissioned.adapter !== facts.adapter) return false;
  const { mac } = commissioned;
  const isAnother = mac !== undefined && identity?.mac !== undefined && identity.mac !== mac;
  return !isAnother && (facts.outlets.length === 0 || sameOutlets(facts.outlets.map(outletName), commissioned));
}

export function someCommissioned(picture: Picture): boolean {
  return devicesOf(picture).some(isCommissioned);
}

function sameOutlets(listed: readonly string[], { outlets }: Commissioned): boolean {
  return listed.length === outlets.length && listed.every((outlet) => outlets.includes(outlet));
}
