/** Which orders bind this rack now, and what each asks: signed by a key that still counts, and not gone silent. */
import type { Issuer, Policy } from '#agent/config/policy.ts';
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import type { Binding } from '#agent/state/orders.ts';
import { binding } from '#agent/state/orders.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import { mayAct } from '../commission/released.ts';
import type { Memory } from '../plan.ts';
import { staggerMs } from '../stagger.ts';
import type { Bound } from './compose.ts';
import { eventKey } from './compose.ts';
import { levelOf } from './level.ts';

/** Racks that hear nothing do not all act on it in the same second. */
const SILENCE_SPREAD_S = 60;

/** Orders in force, before what they ask is known. */
export function inForce(picture: Picture, policy: Policy, now: Now, rack: string): Binding[] {
  if (!mayAct(picture, policy)) return [];
  return binding(picture, now.wall).filter(
    ({ accepted }) => isTrusted(accepted, policy) && !isLetGo(accepted, picture, policy, now, rack),
  );
}

/** A shed without a baseline waits for one: what the broker retains may still tell what the rack drew before. */
export function bound(
  bindings: readonly Binding[],
  picture: Picture,
  policy: Policy,
  { baselines }: Pick<Memory, 'baselines'>,
  ratedW: Watts,
  now: Now,
  rack: string,
): Bound[] {
  return bindings.flatMap((each) => {
    const baselineW = baselines[eventKey(each.accepted.order)]?.watts;
    if (each.interval.target.kind === 'shed' && baselineW === undefined) return [];
    const level = levelOf(each.interval.target, { ratedW, baselineW: baselineW ?? ratedW });
    if (!level) return [];
    const curtailed = policy.silence.then === 'curtail' && isSilent(each.accepted, picture, policy, now, rack);
    return [
      { ...each, level: curtailed ? { kind: 'atMost', watts: Math.min(level.watts, policy.limits.min_w) } : level },
    ];
  });
}

/** Whether the key that signed it is still one of its issuer's: taking a key out of the policy ends its orders. */
export function isTrusted({ order }: AcceptedOrder, policy: Policy): boolean {
  const issuer = policy.issuers.find(({ id }) => id === order.issuer);
  return issuer?.keys.some((key) => kidOf(key) === order.signature.kid) ?? false;
}

/** The id of a key: the name of its file without `.pub`. */
export function kidOf(key: Issuer['keys'][number]): string {
  const file = typeof key === 'string' ? key : key.file;
  return file.slice(file.lastIndexOf('/') + 1, -'.pub'.length);
}

/** Whether nothing has been heard of its topic for so long that the policy's rule for silence applies. */
export function isSilent(accepted: AcceptedOrder, picture: Picture, policy: Policy, now: Now, rack: string): boolean {
  const heardAt = picture.orders[accepted.topic]?.heardAt;
  return heardAt !== undefined && now.mono - heardAt > silenceMs(accepted, policy, rack);
}

function isLetGo(accepted: AcceptedOrder, picture: Picture, policy: Policy, now: Now, rack: string): boolean {
  return policy.silence.then === 'home' && isSilent(accepted, picture, policy, now, rack);
}

function silenceMs({ topic }: AcceptedOrder, { silence, limits }: Policy, rack: string): Millis {
  return (
    silence.after_s * 1000 + staggerMs(rack, `silence ${topic}`, Math.min(SILENCE_SPREAD_S, limits.restore_window_s))
  );
}
