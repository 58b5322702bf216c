/** How far every order is, judged anew from the picture at each decision: nothing is assumed from having acted. */
import type { Policy } from '#agent/config/policy.ts';
import { entryOf } from '#agent/state/entry.ts';
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import { inTurn, startsAt } from '#agent/state/orders.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf, present } from '#agent/state/picture.ts';
import { sameSetting, shows } from '#agent/state/setting.ts';
import { endOf, isRelease } from '#protocol/next-order.ts';
import { epochMs } from '#protocol/time.ts';
import { isSilent, isTrusted } from '../demand/binding.ts';
import type { Bound } from '../demand/compose.ts';
import { asks, eventKey, orderedW } from '../demand/compose.ts';
import type { Level } from '../demand/level.ts';
import type { Memory, Plan, PlannedDevice, Step, Track } from '../plan.ts';
import { impossible } from './impossible.ts';
import { proves } from './metered.ts';
import { whyOverridden } from './overridden.ts';
import type { Advance } from './track.ts';
import { advance, before, finish, openTrack, reach, reopened, withoutBacklog } from './track.ts';

export type Unreported = Omit<Plan, 'steps'>;
export type Around = {
  readonly picture: Picture;
  readonly policy: Policy;
  readonly memory: Memory;
  readonly plan: Unreported;
  readonly bounds: readonly Bound[];
  readonly now: Now;
  readonly rack: string;
};

export function progress(around: Around): { tracks: Track[]; steps: Step[] } {
  const { picture, memory, bounds, now } = around;
  const known = new Map(acceptedOrders(picture).map((accepted) => [keyOf(accepted), accepted]));
  // Of two of one name the first counts.
  const binding = new Map(bounds.toReversed().map((bound) => [keyOf(bound.accepted), bound]));
  const cuts = binding.size > 0 ? cutsOf(around) : noCuts;
  const advances = [...memory.tracks, ...newTracks(picture, memory, now)].map((each) => {
    const track = retimed(each, known.get(trackKey(each)));
    const bound = binding.get(trackKey(track));
    if (bound) return whileBinding(track.done ? reopened(track) : track, bound, cuts, around);
    return track.done ? advance(track) : whileNot(track, around);
  });
  return {
    tracks: withoutBacklog(advances.map(({ track }) => track)).filter(
      (track) => !track.done || known.has(trackKey(track)),
    ),
    steps: advances.flatMap(({ steps }) => steps),
  };
}

function newTracks(picture: Picture, memory: Memory, now: Now): Track[] {
  const known = new Set(memory.tracks.map(trackKey));
  return acceptedOrders(picture)
    .filter((accepted) => !known.has(keyOf(accepted)) && now.wall < endOf(accepted.order))
    .map((accepted) => openTrack(accepted, now));
}

function acceptedOrders({ orders }: Picture): AcceptedOrder[] {
  return Object.values(orders).flatMap((slot) => slot.orders);
}

/** Issuers choose the ids of their orders, each for itself. */
function keyOf({ order }: AcceptedOrder): string {
  return `${order.issuer}/${order.id}`;
}

function trackKey({ issuer, order }: Track): string {
  return `${issuer}/${order}`;
}

/** What was taken without a clock is later taken again, by its own times. */
function retimed(track: Track, accepted: AcceptedOrder | undefined): Track {
  return accepted ? { ...track, until: endOf(accepted.order) } : track;
}

/** Devices that are to be away from home. They are the same for every order, and looked through once for all of them. */
type Cuts = {
  readonly devices: readonly PlannedDevice[];
  /** Those of them that are not where they are to be, each with the reason. */
  readonly short: readonly string[];
};

const noCuts: Cuts = { devices: [], short: [] };

function cutsOf({ plan, picture }: Around): Cuts {
  const devices = plan.devices.filter((each) => !sameSetting(each.want, each.home));
  const short = devices.filter((each) => each.stubborn || !isShown(each, picture));
  return { devices, short: short.map((each) => whyShort(each, picture)) };
}

/** acting -> acknowledged -> confirmed -> metered -> holding, or partial past the deadline. */
function whileBinding(track: Track, bound: Bound, cuts: Cuts, around: Around): Advance {
  const { accepted, interval, level } = bound;
  const { picture, policy, plan, now } = around;
  const levelW = orderedW(level, policy);
  const asked: Level = { ...level, watts: levelW };
  const limits = impossible(asked, plan) ?? [];
  const start = advance({ ...track, levelW, intervalFrom: interval.from, short: cuts.short.concat(limits) });
  // Where another goes further, both are told.
  const why = [...new Set([asks(bound, policy), plan.why].concat(limits))].join('; ');
  const overridden = whyOverridden(asked, plan, picture);
  const isKnown = track.intervalFrom === interval.from && (track.phase === 'overridden') === (overridden !== undefined);
  if (overridden !== undefined) return isKnown ? start : reach(start, 'overridden', `${why}; ${overridden}`, now);
  const acting = isKnown ? start : reach(start, 'acting', why, now);
  const arrived = hasArrived(asked, plan);
  const told = arrived ? throughDevices(acting, cuts.devices, around) : acting;
  const dueAt = Math.max(epochMs(interval.from), accepted.receivedAt) + accepted.order.deadline_s * 1000;
  return throughMeter(told, cuts.devices, asked, dueAt, around);
}

/** Whether the ramps have come to what is asked, or as near as the rack can. */
function hasArrived({ kind, watts }: Level, { lineW, liftW, mostW }: Unreported): boolean {
  const reach = Math.min(watts, mostW);
  const risen = kind === 'atMost' || (liftW ?? reach) >= Math.min(reach, lineW ?? reach);
  return risen && (kind === 'atLeast' || (lineW !== undefined && lineW <= watts));
}

/** The first two truths, of every device that does as told. */
function throughDevices(from: Advance, cuts: readonly PlannedDevice[], { picture, now }: Around): Advance {
  const willing = cuts.filter(({ stubborn }) => !stubborn);
  if (cuts.length > 0 && willing.length === 0) return from;
  const count = `${willing.length} of ${cuts.length} devices`;
  let here = from;
  if (before(here, 'acknowledged') && willing.every((each) => isAcknowledged(each, picture))) {
    here = reach(here, 'acknowledged', `${count} accepted it`, now);
  }
  if (before(here, 'confirmed') && willing.every((each) => isShown(each, picture))) {
    here = reach(here, 'confirmed', `${count} say that they have changed`, now);
  }
  return here;
}

/** The third truth, which alone counts as delivered. */
function throughMeter(
  from: Advance,
  cuts: readonly PlannedDevice[],
  level: Level,
  dueAt: number,
  around: Around,
): Advance {
  const { picture, policy, now } = around;
  const ids = cuts.map(({ device }) => device);
  const proof = proves(picture, policy, ids, level, now);
  const { meteredSince, ...unproved } = from.track;
  if (proof.kind !== 'met') {
    const here = { ...from, track: unproved };
    if (now.wall < dueAt || unproved.phase === 'partial' || proof.kind === 'early') return here;
    return reach(here, 'partial', [proof.why, ...unproved.short].join('; '), now);
  }
  const since = meteredSince ?? now.mono;
  const here = { ...from, track: { ...from.track, meteredSince: since } };
  const mean = `the meter’s mean is ${Math.round(proof.meanW)} W`;
  if (before(here, 'metered') || here.track.phase === 'partial') return reach(here, 'metered', mean, now);
  const held = now.mono - since >= policy.meter_window_s * 1000;
  return held && before(here, 'holding') ? reach(here, 'holding', mean, now) : here;
}

/** Not begun, between two intervals, ended or succeeded. A release never binds: it is over when its turn comes. */
function whileNot(track: Track, around: Around): Advance {
  const { picture, now } = around;
  const here = advance({ ...track, short: [] });
  const slot = picture.orders[track.topic];
  const turn = slot && inTurn(slot, now.wall);
  const own = acceptedOrders(picture).find(({ order }) => order.id === track.order);
  if (own && isRelease(own.order) && own === turn) {
    const letting = before(here, 'acting') ? reach(here, 'acting', `lets the rack go${whenUp(around)}`, now) : here;
    return whenRestored(letting, around);
  }
  // One that waited and is known no more has lost its turn to the newest of its topic.
  const next = own ? turn : (turn ?? slot?.orders.at(-1));
  const successor = next && (!own || next.order.seq > own.order.seq) ? next : undefined;
  const voided = own && whyVoid(own, around);
  if (!successor && !voided && now.wall < track.until) return whilePriced(here, around);
  const why = voided ?? whyEnded(track, successor);
  const ended = track.phase === 'ended' ? here : reach(here, 'ended', why + whenUp(around), now);
  // Orders of one event succeed each other without restoring between: only the last of them is restored.
  if (successor && eventKey(successor.order) === eventKey(track)) return finish(ended);
  return whenRestored(ended, around);
}

/** Prices set no level that could be acknowledged or metered: they act as long as they count. */
function whilePriced(here: Advance, { plan: { market }, now }: Around): Advance {
  const { track } = here;
  const counts = market?.issuer === track.issuer && market.order === track.order;
  return counts && before(here, 'acting') ? reach(here, 'acting', market.says, now) : here;
}

/** Why an order whose time is not over no longer counts. */
function whyVoid(own: AcceptedOrder, { picture, policy, now, rack }: Around): string | undefined {
  if (!isTrusted(own, policy)) return `key ${own.order.signature.kid} was revoked`;
  const letGo =
    policy.silence.then === 'home' && startsAt(own) <= now.wall && isSilent(own, picture, policy, now, rack);
  return letGo ? `nothing was heard of it for ${policy.silence.after_s} s` : undefined;
}

function whenRestored(here: Advance, around: Around): Advance {
  if (!isRestored(here.track, around)) return here;
  const others = around.memory.line?.events.length;
  const why = others ? `other orders still bind: ${around.plan.why}` : 'every device is set as it was before';
  return finish(reach(here, 'restored', why, around.now));
}

/** Nothing of it is left: its line has gone up, and unless another order holds one, every device has shown its home. */
function isRestored(track: Track, { picture, memory, plan }: Around): boolean {
  // What the broker retains may still tell which devices were moved before the journal was lost.
  if (!picture.ordersKnown) return false;
  const { line } = memory;
  // One that another has taken the place of may never come back.
  const moved = present(memory.moved, picture).filter(
    (id) => (entryOf(memory.market, id)?.stance ?? 'home') === 'home',
  );
  if (line?.hold || line?.levelW !== plan.levelW) return false;
  const events = line?.events ?? [];
  return events.length > 0 ? !events.includes(eventKey(track)) : moved.length === 0;
}

function whyEnded(track: Track, successor: AcceptedOrder | undefined): string {
  const late = track.phase === 'partial' ? ', only partly carried out' : '';
  if (!successor) return `its time is over${late}`;
  return `${isRelease(successor.order) ? 'released' : 'succeeded'} by ${successor.order.id}${late}`;
}

/** When this rack starts to rise: every rack derives its own delay. */
function whenUp({ memory: { line }, now }: Around): string {
  return line?.hold ? `; this rack rises in ${Math.ceil((line.hold.until - now.mono) / 1000)} s` : '';
}

function isAcknowledged({ device, want }: PlannedDevice, picture: Picture): boolean {
  const view = deviceOf(picture, device);
  if (!view) return true;
  const { asked } = view;
  return (asked?.outcome === 'acknowledged' && sameSetting(asked.setting, want)) || shows(view, want);
}

function isShown({ device, want }: PlannedDevice, picture: Picture): boolean {
  const view = deviceOf(picture, device);
  return view !== undefined && shows(view, want);
}

function whyShort({ device }: PlannedDevice, picture: Picture): string {
  const view = deviceOf(picture, device);
  const trouble = view?.asked?.trouble ?? view?.trouble;
  if (trouble) return `${device}: ${trouble.message}`;
  return `${device}: ${view?.asked?.outcome === 'acknowledged' ? 'accepted it, but has not changed' : 'has not answered yet'}`;
}
