/** Whether an order from the broker is taken: signed by who may, meant for us, in time, and new. Decides nothing else. */
import type { IssuerKeys } from '#agent/config/keys.ts';
import type { Issuer, Policy } from '#agent/config/policy.ts';
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import { BLIND } from '#agent/state/orders.ts';
import type { OrderSlot } from '#agent/state/picture.ts';
import { inScope } from '#protocol/ids.ts';
import type { Refusal } from '#protocol/lifecycle.ts';
import type { Amount, Order, OrderBody, Target } from '#protocol/order.ts';
import { order as orderSchema } from '#protocol/order.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import { orderTopic } from '#protocol/topics.ts';
import { afterRotation, firstIssue, idOf, open, refused } from './envelope.ts';

export type Gate = {
  readonly site: string;
  readonly rack: string;
  readonly groups: readonly string[];
  readonly policy: Policy;
  readonly keys: IssuerKeys;
  readonly now: Now;
  /** Whether times of day can be judged. */
  readonly clock: 'good' | 'bad';
  /** Whether commissioning has released a device; without any, only the policy can. */
  readonly commissioned?: boolean;
};

/** What the topic of an order holds already, and what was taken from it while the clock was not set. */
export type Slots = { readonly own: OrderSlot | undefined; readonly blind: OrderSlot | undefined };

export type Admission =
  | { readonly kind: 'accepted'; readonly accepted: AcceptedOrder }
  | { readonly kind: 'repeat'; readonly order: Order }
  /** `order` is there once the signature held and the shape was right, so that its issuer can be answered. */
  | (Refusal & { readonly order?: Order; readonly issuer?: string; readonly id?: string });

export function admitOrder(topic: string, payload: Uint8Array, { own, blind }: Slots, gate: Gate): Admission {
  const opened = open(payload, gate.policy, gate.keys);
  if (opened.kind === 'refused') return opened;
  const who = { issuer: opened.issuer.id, ...idOf(opened.message) };
  const parsed = orderSchema.safeParse(opened.message);
  if (!parsed.success) return { ...refused('malformed', firstIssue(parsed.error)), ...who };
  const order = parsed.data;
  const refusal =
    afterRotation(opened, order.issued_at) ??
    wrongTopic(topic, order) ??
    beyondRights(order, opened.issuer) ??
    notForUs(order, gate);
  if (refusal) return { ...refusal, ...who, order };
  const slot = isTrusted(own, gate.keys) ? own : undefined;
  if (isSame(slot, order, opened.digest)) return { kind: 'repeat', order };
  const untimely = onlyObserving(gate) ?? outOfSequence(slot, order) ?? outOfTime(order, gate);
  if (untimely) return { ...untimely, ...who, order };
  const accepted = { topic, order, digest: opened.digest, receivedAt: gate.now.wall };
  if (gate.clock === 'good') return { kind: 'accepted', accepted };
  if (isSame(blind, order, opened.digest)) return { kind: 'repeat', order };
  return { kind: 'accepted', accepted: fromReceipt(accepted, opened.issuer) };
}

/** What a signed order must fulfil beyond its shape, for a dry run too; nothing here depends on time or topic. */
export function beyondRights(order: OrderBody, issuer: Issuer): Refusal | undefined {
  const kind = order.intervals.find(({ target }) => !mayUse(issuer, target))?.target.kind;
  if (kind) return refused('target_not_allowed', `${issuer.id} may use ${issuer.may.join(', ')}, not ${kind}`);
  if (!issuer.programs.includes(order.program)) {
    return refused('program_not_allowed', `${issuer.id} may run ${issuer.programs.join(', ')}, not ${order.program}`);
  }
  if (order.priority < issuer.lowest_priority) {
    return refused(
      'priority_not_allowed',
      `${issuer.id} may claim ${issuer.lowest_priority} or more, not ${order.priority}`,
    );
  }
  const spanS = (epochMs(order.intervals.at(-1)?.until ?? '') - epochMs(order.intervals[0]?.from ?? '')) / 1000;
  if (spanS > issuer.max_duration_s) {
    return refused('duration_not_allowed', `it spans ${spanS} s; ${issuer.id} may order ${issuer.max_duration_s} s`);
  }
  return undefined;
}

/** Orders to others, and forms this rack must not carry out. */
export function notForUs(order: OrderBody, gate: Gate): Refusal | undefined {
  // A broker delivers what was subscribed to; one that was broken into may deliver what is for another rack.
  const { site, to } = order.scope;
  if (site !== gate.site || !inScope(to, gate.rack, gate.groups)) {
    return refused('scope_mismatch', `it is for ${to} of ${site}; this is another rack`);
  }
  const perRack = to.startsWith('rack/');
  const plain = order.intervals.find(({ target }) => isPlainWatts(target));
  if (!perRack && (plain || order.baseline_w !== undefined)) {
    return refused('watts_need_rack_scope', 'plain watts are per rack: give a fraction, or watts with of_w');
  }
  return undefined;
}

/** Ending what one began needs no right of its own. */
function mayUse(issuer: Issuer, target: Target): boolean {
  return target.kind === 'release' || issuer.may.includes(target.kind);
}

function wrongTopic(topic: string, order: Order): Refusal | undefined {
  if (topic === orderTopic(order.scope.site, order.issuer, order.program, order.scope.to)) return undefined;
  return refused(
    'scope_mismatch',
    `it says ${order.scope.site}, ${order.issuer}, ${order.program}, ${order.scope.to}; its topic is ${topic}`,
  );
}

/** What was signed with a key that has been revoked holds no place in the sequence: no seq could follow a thief's. */
function isTrusted(slot: OrderSlot | undefined, keys: IssuerKeys): boolean {
  const newest = slot?.orders.at(-1);
  return newest !== undefined && keys.has(newest.order.signature.kid);
}

function isSame(slot: OrderSlot | undefined, { seq }: Order, digest: string): boolean {
  return slot !== undefined && slot.seq === seq && slot.digest === digest;
}

function outOfSequence(slot: OrderSlot | undefined, { seq }: Order): Refusal | undefined {
  if (!slot || seq > slot.seq) return undefined;
  if (seq < slot.seq) return refused('superseded', `seq ${seq} is behind ${slot.seq}, accepted on this topic before`);
  return refused('seq_conflict', `another order with seq ${seq} was accepted on this topic before`);
}

/** What could raise a rack that cannot tell whether it is over. */
function mayRaise({ kind }: Target): boolean {
  return kind === 'release' || kind === 'floor' || kind === 'droop' || kind === 'market';
}

function outOfTime(order: Order, { now, policy, clock }: Gate): Refusal | undefined {
  if (clock === 'bad') {
    if (!order.intervals.some(({ target }) => mayRaise(target))) return undefined;
    const why = 'releases, floors, droops and prices wait until this rack knows the time; orders that lower it do not';
    return refused('clock_not_set', why);
  }
  const aheadS = (epochMs(order.issued_at) - now.wall) / 1000;
  if (aheadS > policy.clock_tolerance_s) {
    return refused(
      'issued_in_future',
      `issued ${Math.round(aheadS)} s ahead of this rack's clock; ${policy.clock_tolerance_s} s are tolerated`,
    );
  }
  const until = order.intervals.at(-1)?.until ?? '';
  return epochMs(until) <= now.wall ? refused('expired', `it ended at ${until}`) : undefined;
}

/**
 * An order whose times cannot be judged: it runs from receipt for its own duration, at most as long as its issuer may
 * order, and beside what its topic holds, so that it can only lower the rack.
 */
function fromReceipt(accepted: AcceptedOrder, { max_duration_s }: Issuer): AcceptedOrder {
  const { topic, order, receivedAt } = accepted;
  const shiftMs = receivedAt - epochMs(order.intervals[0]?.from ?? '');
  const latest = receivedAt + max_duration_s * 1000;
  const moved = (timestamp: string) => timestampOf(Math.min(epochMs(timestamp) + shiftMs, latest));
  const intervals = order.intervals
    .map(({ from, until, target }) => ({ from: moved(from), until: moved(until), target }))
    .filter(({ from, until }) => from < until);
  return { ...accepted, topic: topic + BLIND, order: { ...order, intervals } };
}

function onlyObserving({ policy, commissioned }: Gate): Refusal | undefined {
  if (policy.commissioning === 'waived' || commissioned) return undefined;
  return refused('not_commissioned', 'this rack only observes: `ballast commission` has not seen a device move yet');
}

function isPlainWatts(target: Target): boolean {
  if (target.kind === 'droop' || target.kind === 'trip') return true;
  if (target.kind === 'market' || target.kind === 'release') return false;
  const amount: Amount = target;
  return amount.watts !== undefined && amount.of_w === undefined;
}
