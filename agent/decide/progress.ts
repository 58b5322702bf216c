/** How far every order is, judged anew from the picture at each decision: nothing is assumed from having acted. */
import type { Policy } from '#agent/config/policy.ts';
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import { binding, endsAt, inTurn, startsAt } from '#agent/state/orders.ts';
import type { Picture } from '#agent/state/picture.ts';
import { sameSetting, shows } from '#agent/state/setting.ts';
import type { Phase } from '#protocol/lifecycle.ts';
import type { Interval } from '#protocol/order.ts';
import { epochMs } from '#protocol/time.ts';
import { ceilingOf, eventKey } from './compose.ts';
import { proves } from './metered.ts';
import type { Memory, Plan, PlannedDevice, Step, Track } from './plan.ts';
import { ratedW } from './roster.ts';

type Around = { picture: Picture; policy: Policy; memory: Memory; plan: Omit<Plan, 'steps'>; now: Now };
type Progress = { tracks: Track[]; steps: Step[] };

export function progress(
  picture: Picture,
  policy: Policy,
  memory: Memory,
  plan: Omit<Plan, 'steps'>,
  now: Now,
): Progress {
  const around: Around = { picture, policy, memory, plan, now };
  const bound = new Map(binding(picture, now.wall).map(({ accepted, interval }) => [accepted.order.id, interval]));
  const result: Progress = { tracks: [], steps: [] };
  for (const track of [...memory.tracks, ...newTracks(picture, memory, now)]) {
    const interval = policy.commissioning === 'waived' ? bound.get(track.order) : undefined;
    const moved = interval ? acting(track, interval, around) : waiting(track, around);
    result.steps.push(...moved.steps);
    if (moved.track) result.tracks.push(moved.track);
  }
  return result;
}

/** Orders seen for the first time. `accepted` and `scheduled` themselves are told to the issuer on receipt. */
function newTracks(picture: Picture, memory: Memory, now: Now): Track[] {
  const known = new Set(memory.tracks.map(({ order }) => order));
  return Object.entries(picture.orders).flatMap(([topic, slot]) =>
    slot.orders
      .filter((accepted) => !known.has(accepted.order.id) && now.wall < endsAt(accepted))
      .map((accepted) => newTrack(topic, accepted, now)),
  );
}

function newTrack(topic: string, accepted: AcceptedOrder, now: Now): Track {
  const { id, event, issuer, program } = accepted.order;
  const phase: Phase = startsAt(accepted) <= now.wall ? 'accepted' : 'scheduled';
  const reached = { received: accepted.receivedAt, [phase]: now.wall };
  return {
    order: id,
    topic,
    event,
    issuer,
    program,
    phase,
    levelW: undefined,
    until: endsAt(accepted),
    reached,
    short: [],
  };
}

type Moved = { track: Track | undefined; steps: Step[] };

/** An order whose interval binds now. */
function acting(track: Track, interval: Interval, around: Around): Moved {
  const { picture, policy, plan, now } = around;
  const wantedW = ceilingOf(interval.target, ratedW(picture, policy)) ?? 0;
  const levelW = Math.max(wantedW, policy.limits.min_w);
  const anew = track.intervalFrom !== interval.from;
  const steps = new Stepper({ ...track, levelW, intervalFrom: interval.from }, now);
  if (anew) steps.to('acting', plan.why);

  const cuts = plan.devices.filter((each) => each.hands === 'on' && !sameSetting(each.want, each.home));
  const willing = cuts.filter(({ stubborn }) => !stubborn);
  const arrived = plan.lineW !== undefined && plan.lineW <= levelW;
  const short = cuts.filter((each) => each.stubborn || !isShown(each, picture)).map((each) => whyShort(each, picture));
  if (arrived && steps.before('acknowledged') && willing.every((each) => isAcknowledged(each, picture))) {
    steps.to('acknowledged', `${willing.length} of ${cuts.length} devices said yes`);
  }
  if (arrived && steps.before('confirmed') && willing.every((each) => isShown(each, picture))) {
    steps.to('confirmed', `${willing.length} of ${cuts.length} devices say they have changed`);
  }
  const proof = proves(
    picture,
    policy,
    cuts.map(({ device }) => device),
    levelW,
    now,
  );
  const dueAt = Math.max(epochMs(interval.from), track.reached.received ?? 0) + deadlineMs(around, track.order);
  if (proof.kind === 'under') {
    const since = steps.track.meteredSince ?? now.mono;
    const mean = `the meter’s mean is ${Math.round(proof.meanW)} W`;
    if (steps.before('metered') || steps.track.phase === 'partial') steps.to('metered', mean);
    else if (steps.track.phase === 'metered' && now.mono - since >= policy.meter_window_s * 1000)
      steps.to('holding', mean);
    steps.set({ meteredSince: since });
  } else {
    steps.set({ meteredSince: undefined });
    if (now.wall >= dueAt && steps.track.phase !== 'partial') {
      const why = proof.kind === 'over' ? `${Math.round(proof.overByW)} W over the level` : proof.why;
      steps.to('partial', [why, ...short].join('; '));
    }
  }
  steps.set({ short });
  return { track: steps.track, steps: steps.steps };
}

/** An order that does not bind now: not begun, between two intervals, ended, or succeeded. */
function waiting(track: Track, around: Around): Moved {
  const { picture, memory, plan, now } = around;
  const slot = picture.orders[track.topic];
  const turn = slot && inTurn(slot, now.wall);
  const successor =
    turn && turn.order.id !== track.order && (turn.order.seq > seqOf(picture, track) ? turn : undefined);
  const steps = new Stepper({ ...track, short: [] }, now);
  const own = slot?.orders.find(({ order }) => order.id === track.order);
  const isRelease = own?.order.intervals.every(({ target }) => target.kind === 'release') ?? false;
  const over = successor !== undefined || now.wall >= track.until || (isRelease && turn?.order.id === track.order);
  if (!over) return { track: steps.track, steps: [] };

  if (track.phase !== 'ended') steps.to('ended', whyEnded(track, successor, isRelease));
  if (successor && eventKey(successor.order) === eventKey(track) && !isReleaseOrder(successor)) {
    return { track: undefined, steps: steps.steps };
  }
  // Nothing of it is left: its line has gone up, and if nobody else holds one, every device has shown its home.
  const key = eventKey(track);
  const lineGone = !memory.line || (!memory.line.events.includes(key) && memory.line.hold === undefined);
  if (lineGone && (memory.line !== undefined || memory.moved.length === 0)) {
    steps.to(
      'restored',
      plan.levelW === undefined ? 'every device runs as it did before' : `others still bind: ${plan.why}`,
    );
    return { track: undefined, steps: steps.steps };
  }
  return { track: steps.track, steps: steps.steps };
}

class Stepper {
  track: Track;
  steps: Step[] = [];
  #now: Now;

  constructor(track: Track, now: Now) {
    this.track = track;
    this.#now = now;
  }

  /** Whether the order has not yet come as far as `phase` in its present interval. */
  before(phase: Phase): boolean {
    const order: Phase[] = [
      'received',
      'accepted',
      'scheduled',
      'acting',
      'acknowledged',
      'confirmed',
      'metered',
      'holding',
    ];
    return this.track.phase !== 'partial' && order.indexOf(this.track.phase) < order.indexOf(phase);
  }

  set(change: { short?: readonly string[]; meteredSince?: number | undefined }): void {
    const { meteredSince: _before, ...rest } = this.track;
    const meteredSince = 'meteredSince' in change ? change.meteredSince : this.track.meteredSince;
    this.track = { ...rest, ...(meteredSince !== undefined && { meteredSince }), short: change.short ?? rest.short };
  }

  to(phase: Phase, why: string): void {
    const { order, event, issuer, program, levelW, reached } = this.track;
    this.track = { ...this.track, phase, reached: { ...reached, [phase]: reached[phase] ?? this.#now.wall } };
    this.steps.push({ order, event, issuer, program, phase, levelW, why });
  }
}

function deadlineMs({ picture }: Around, id: string): number {
  const orders = Object.values(picture.orders).flatMap((slot) => slot.orders);
  return (orders.find(({ order }) => order.id === id)?.order.deadline_s ?? 0) * 1000;
}

function seqOf(picture: Picture, track: Track): number {
  return picture.orders[track.topic]?.orders.find(({ order }) => order.id === track.order)?.order.seq ?? -1;
}

function isReleaseOrder({ order }: AcceptedOrder): boolean {
  return order.intervals.every(({ target }) => target.kind === 'release');
}

function isAcknowledged({ device, want }: PlannedDevice, picture: Picture): boolean {
  const view = picture.devices[device];
  if (!view) return true;
  const { asked } = view;
  return (asked?.outcome === 'acknowledged' && sameSetting(asked.setting, want)) || shows(view, want);
}

function isShown({ device, want }: PlannedDevice, picture: Picture): boolean {
  const view = picture.devices[device];
  return view !== undefined && shows(view, want);
}

function whyShort({ device }: PlannedDevice, picture: Picture): string {
  const view = picture.devices[device];
  const trouble = view?.asked?.trouble ?? view?.trouble;
  if (trouble) return `${device}: ${trouble.message}`;
  return `${device}: ${view?.asked?.outcome === 'acknowledged' ? 'said yes, but has not changed' : 'has not answered yet'}`;
}

function whyEnded(track: Track, successor: AcceptedOrder | undefined, isRelease: boolean): string {
  if (isRelease) return 'a release binds nothing';
  const late = track.phase === 'partial' ? ', only partly carried out' : '';
  if (!successor) return `its time is over${late}`;
  return isReleaseOrder(successor)
    ? `released by ${successor.order.id}${late}`
    : `succeeded by ${successor.order.id}${late}`;
}
