/** Safety decides last: what was allotted, cut to what cooling, breakers and outlets can bear, whoever asked for it. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf, isManual } from '#agent/state/picture.ts';
import { asleep } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import type { PlannedDevice } from '../plan.ts';
import type { Allotted, Steerable } from '../share/allocate.ts';
import { allocate } from '../share/allocate.ts';
import type { Sharing } from '../share/share.ts';
import { sum } from '../sum.ts';
import type { ZoneHeat } from './heat.ts';

/** A sharing, and why safety has taken some of it. */
export type Limited = { readonly sharing: Sharing; readonly whyLess: ReadonlyMap<string, string> };

/** So many watts together, of each device the part that counts: 0 for one that is no part of it. */
type Bearing = { readonly maxW: Watts; readonly why: string; part(device: string): number };

export function limited(sharing: Sharing, picture: Picture, policy: Policy, heat: readonly ZoneHeat[]): Limited {
  const bearings = [...breakerBearings(policy), ...pduBearings(picture, policy), ...heatBearings(sharing, heat)];
  return bearings.reduce(within, throughOutlets(sharing, picture, policy));
}

/** A trip takes down also what no order may touch, but not under a person's hands. What cools runs on. */
export function tripped(
  devices: readonly PlannedDevice[],
  picture: Picture,
  { cooling }: Policy,
  heat: readonly ZoneHeat[],
  now: Now,
): readonly PlannedDevice[] {
  const trips = heat.filter((zone) => zone.tripped);
  if (trips.length === 0 || isManual(picture, now)) return devices;
  const cools = new Set(cooling.map(({ device }) => device));
  return devices.map((each) => {
    const trip = trips.find(({ has }) => has(each.device));
    const view = deviceOf(picture, each.device);
    if (!trip || !view || cools.has(each.device)) return each;
    if (view.state === 'wrong_device' || each.want.kind === 'asleep') return each;
    const want = lowestOf(view);
    return want
      ? { ...each, want, hands: 'on', expectedW: view.facts.residualW ?? each.expectedW, why: trip.why }
      : each;
  });
}

function lowestOf({ facts: { controls } }: DeviceView): PlannedDevice['want'] | undefined {
  if (controls['sleep'] && controls['wake']) return asleep;
  const dial = controls['limit']?.range;
  return dial && { kind: 'awake', limit: dial.min };
}

function breakerBearings({ breakers }: Policy): Bearing[] {
  return breakers.map(({ id, devices, max_w }) => {
    const behind = new Set(devices);
    return { maxW: max_w, why: `breaker ${id} bears ${max_w} W`, part: (device) => (behind.has(device) ? 1 : 0) };
  });
}

function pduBearings(picture: Picture, { pdu_limits }: Policy): Bearing[] {
  return pdu_limits.flatMap(({ pdu, max_w }): Bearing[] => {
    if (max_w === undefined) return [];
    const part = (device: string) => {
      const all = outletsOf(picture, device);
      return all.length === 0 ? 0 : all.filter((outlet) => outlet.pdu === pdu).length / all.length;
    };
    return [{ maxW: max_w, why: `${pdu} bears ${max_w} W`, part }];
  });
}

function heatBearings({ ordered }: Sharing, heat: readonly ZoneHeat[]): Bearing[] {
  return heat
    .filter(({ share }) => share < 1)
    .map(({ share, why, has }) => {
      const members = ordered.filter(({ device }) => has(device));
      const leastW = sum(members.map(({ lowestW }) => lowestW));
      const fullW = sum(members.map((each) => each.fullW));
      return { maxW: leastW + share * (fullW - leastW), why, part: (device) => (has(device) ? 1 : 0) };
    });
}

/** A device with several power supplies draws alike through each of its outlets. */
function throughOutlets(sharing: Sharing, picture: Picture, { pdu_limits }: Policy): Limited {
  const bears = new Map(pdu_limits.map(({ pdu, outlet_max_w = Number.POSITIVE_INFINITY }) => [pdu, outlet_max_w]));
  const whyLess = new Map<string, string>();
  if (bears.size === 0) return { sharing, whyLess };
  const allotted = sharing.allotted.map((before, i) => {
    const own = sharing.ordered[i];
    const outlets = outletsOf(picture, before.device);
    const eachW = Math.min(...outlets.map(({ pdu }) => bears.get(pdu) ?? Number.POSITIVE_INFINITY));
    if (!own || before.watts <= eachW * outlets.length) return before;
    const less = lowered(own, before, eachW * outlets.length);
    whyLess.set(before.device, `an outlet that feeds it bears ${eachW} W`);
    return less;
  });
  return { sharing: { ...sharing, allotted }, whyLess };
}

function outletsOf(picture: Picture, device: string): DeviceView['facts']['outlets'] {
  return deviceOf(picture, device)?.facts.outlets ?? [];
}

/** From the least valuable up, each as far as is needed; none rests before all of them are at their lowest. */
function within({ sharing, whyLess }: Limited, { maxW, why, part }: Bearing): Limited {
  let overW = sum(sharing.allotted.map(({ device, watts }) => part(device) * watts)) - maxW;
  if (overW <= ROUNDING_W) return { sharing, whyLess };
  const allotted = [...sharing.allotted];
  const reasons = new Map(whyLess);
  for (const leastOf of [({ lowestW }: Steerable) => lowestW, ({ restW, lowestW }: Steerable) => restW ?? lowestW]) {
    for (let i = allotted.length - 1; i >= 0 && overW > ROUNDING_W; i--) {
      const [own, before] = [sharing.ordered[i], allotted[i]];
      const counts = own ? part(own.device) : 0;
      if (!own || !before || counts === 0) continue;
      const less = lowered(own, before, Math.max(leastOf(own), before.watts - overW / counts));
      if (less.watts >= before.watts && !less.stubborn) continue;
      allotted[i] = less;
      reasons.set(own.device, why);
      overW -= counts * (before.watts - less.watts);
    }
  }
  return { sharing: { ...sharing, allotted }, whyLess: reasons };
}

/** Sums of floats: nobody is cut for a millionth of a watt. */
const ROUNDING_W: Watts = 1e-6;

/** What was allotted to one device, at this many watts at the most. */
function lowered(own: Steerable, before: Allotted, toW: Watts): Allotted {
  return allocate([{ ...own, home: before.want, homeW: before.watts }], toW, 'any')[0] ?? before;
}
