/** Safety decides last: what was allotted, cut to what cooling and breakers can bear, whoever asked for it. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf, isManual } from '#agent/state/picture.ts';
import { asleep } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import type { Steerable } from '../allocate.ts';
import { allocate } from '../allocate.ts';
import type { PlannedDevice } from '../plan.ts';
import type { Sharing } from '../share.ts';
import type { Heat } from './heat.ts';

/** A sharing, and why safety has taken some of it. */
export type Limited = { readonly sharing: Sharing; readonly whyLess: ReadonlyMap<string, string> };

export function limited(sharing: Sharing, { breakers }: Policy, heat: Heat): Limited {
  let limit: Limited = { sharing, whyLess: new Map() };
  for (const { id, devices, max_w } of breakers) {
    const behind = new Set(devices);
    limit = within(limit, ({ device }) => behind.has(device), max_w, `breaker ${id} bears ${max_w} W`);
  }
  if (heat.share >= 1) return limit;
  const leastW = sum(sharing.ordered.map(({ lowestW }) => lowestW));
  const fullW = sum(sharing.ordered.map(({ fullW: each }) => each));
  return within(limit, () => true, leastW + heat.share * (fullW - leastW), heat.why);
}

/** A trip takes down also what no order may touch, but not under a person's hands. */
export function tripped(
  devices: readonly PlannedDevice[],
  picture: Picture,
  heat: Heat,
  now: Now,
): readonly PlannedDevice[] {
  if (!heat.tripped || isManual(picture, now)) return devices;
  return devices.map((each) => {
    const view = deviceOf(picture, each.device);
    if (!view || view.state === 'wrong_device' || each.want.kind === 'asleep') return each;
    const want = lowestOf(view);
    return want
      ? { ...each, want, hands: 'on', expectedW: view.facts.residualW ?? each.expectedW, why: heat.why }
      : each;
  });
}

function lowestOf({ facts: { controls } }: DeviceView): PlannedDevice['want'] | undefined {
  if (controls['sleep'] && controls['wake']) return asleep;
  const dial = controls['limit']?.range;
  return dial && { kind: 'awake', limit: dial.min };
}

function within({ sharing, whyLess }: Limited, isOne: (own: Steerable) => boolean, maxW: Watts, why: string): Limited {
  const places = sharing.ordered.flatMap((own, i) => (isOne(own) ? [i] : []));
  const members = places.flatMap((i) => {
    const [own, part] = [sharing.ordered[i], sharing.allotted[i]];
    return own && part ? [{ i, part, own: { ...own, home: part.want, homeW: part.watts } }] : [];
  });
  if (sum(members.map(({ part }) => part.watts)) <= maxW) return { sharing, whyLess };
  const less = allocate(
    members.map(({ own }) => own),
    maxW,
    'any',
  );
  const allotted = [...sharing.allotted];
  const reasons = new Map(whyLess);
  for (const [n, { i, part }] of members.entries()) {
    const each = less[n];
    if (!each || each.watts >= part.watts) continue;
    allotted[i] = each;
    reasons.set(each.device, why);
  }
  return { sharing: { ...sharing, allotted }, whyLess: reasons };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
