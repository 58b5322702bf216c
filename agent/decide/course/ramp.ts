/** Moves the line towards the envelope's ceiling, no faster than orders and policy allow, either way. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Millis, Seconds, Watts } from '#protocol/units.ts';
import type { Envelope } from '../demand/compose.ts';
import { slowest } from '../demand/compose.ts';
import type { Lift, Line } from '../plan.ts';
import { staggerMs } from '../stagger.ts';

/** A new cut may take one tick's worth of ramp at once: the fast path does not wait for the tick. */
const FIRST_STEP_S: Seconds = 1;
/** A loop that stood still does not catch up in one jump. */
const LONGEST_STEP_S: Seconds = 2;
/**
 * What is on its way moves no more often than this. Every answer of a device brings a turn: else each write of a ramp
 * would bring on the next, a dozen a second.
 */
const LEAST_STEP_MS: Millis = 500;

export type Surroundings = {
  readonly rack: string;
  readonly policy: Policy;
  /** What the rack draws now, by the meter or else by the plan; where a cut starts. */
  readonly drawnW: Watts;
  /** What it draws with every device at home; a line at or above it binds nothing. */
  readonly homeW: Watts;
  /** Whether a raise is allowed at all. */
  readonly mayRaise: boolean;
  /** Whether the grid or the heat forbids it, for as long as that lasts. */
  readonly guarded: boolean;
  readonly now: Now;
};

export function moveLine(line: Line | undefined, envelope: Envelope, around: Surroundings): Line | undefined {
  const from = line?.levelW ?? Number.POSITIVE_INFINITY;
  const to = envelope.ceilingW ?? Number.POSITIVE_INFINITY;
  if (to < from) return lower(line, to, envelope, around);
  if (line && to > from) return raise(line, to, envelope, around);
  return line && { ...line, movedAt: standing(around.now), events: envelope.events };
}

function lower(line: Line | undefined, to: Watts, envelope: Envelope, { policy, drawnW, now }: Surroundings): Line {
  const rate = slowest([envelope.downWPerS, policy.limits.step_down_w_per_s]);
  const { events, upWPerS } = envelope;
  if (line && rate !== undefined && hasJustMoved(line, now)) {
    return settled({ levelW: line.levelW, movedAt: line.movedAt, events }, upWPerS);
  }
  const start = line?.levelW ?? Math.max(drawnW, to);
  const elapsed = line ? elapsedS(line, now) : FIRST_STEP_S;
  const levelW = rate === undefined ? to : Math.max(to, start - rate * elapsed);
  return settled({ levelW, movedAt: now.mono, events }, upWPerS);
}

function raise(line: Line, to: Watts, envelope: Envelope, around: Surroundings): Line | undefined {
  const { rack, policy, homeW, mayRaise, guarded, now } = around;
  const stay = settled({ ...line, movedAt: standing(now), events: envelope.events }, envelope.upWPerS);
  const left = line.events.find((event) => !envelope.events.includes(event));
  // What has ended meanwhile is let go when a raise is allowed again.
  if (!mayRaise && (left !== undefined || !guarded)) return { ...stay, events: line.events };
  if (!mayRaise) return { ...stay, hold: heldAnew(line, around) };
  if (left !== undefined) {
    return { ...stay, hold: { event: left, until: now.mono + staggerMs(rack, left, policy.limits.restore_window_s) } };
  }
  if (line.hold && now.mono < line.hold.until) return stay;
  const { hold: _over, ...free } = stay;
  const rate = slowest([stay.upWPerS, policy.limits.step_up_w_per_s]);
  if (rate !== undefined && hasJustMoved(line, now)) return { ...free, movedAt: line.movedAt };
  const levelW = rate === undefined ? to : line.levelW + rate * elapsedS(line, now);
  if (levelW < to && levelW < homeW) return { ...free, levelW, movedAt: now.mono };
  return to === Number.POSITIVE_INFINITY ? undefined : { ...free, levelW: to, movedAt: now.mono };
}

/**
 * The moving floor: from what the rack draws by itself up to what is asked for, and back. Never absent a raise that is
 * allowed, and gone once it asks for no more than home.
 */
export function moveLift(lift: Lift | undefined, envelope: Envelope, around: Surroundings): Lift | undefined {
  const { policy, homeW, mayRaise, now } = around;
  const from = lift?.levelW ?? homeW;
  const to = Math.max(envelope.floorW ?? 0, homeW);
  const elapsed = lift ? elapsedS(lift, now) : FIRST_STEP_S;
  if (to > from) {
    if (!mayRaise) return lift && { ...lift, movedAt: standing(now) };
    const rate = slowest([envelope.upWPerS, policy.limits.step_up_w_per_s]);
    if (lift && rate !== undefined && hasJustMoved(lift, now)) return lift;
    return { levelW: rate === undefined ? to : Math.min(to, from + rate * elapsed), movedAt: now.mono };
  }
  const rate = slowest([envelope.downWPerS, policy.limits.step_down_w_per_s]);
  if (lift && to === from) return to > homeW ? { ...lift, movedAt: standing(now) } : undefined;
  if (lift && rate !== undefined && hasJustMoved(lift, now)) return lift;
  const levelW = rate === undefined ? to : Math.max(to, from - rate * elapsed);
  return levelW > homeW ? { levelW, movedAt: now.mono } : undefined;
}

/** Whom the guard held back takes its turn anew: else all whose turn has passed would rise at once when it lets go. */
function heldAnew({ hold }: Line, { rack, policy, now }: Surroundings): NonNullable<Line['hold']> {
  const event = hold?.event ?? 'restore';
  // By another hash than its first turn: those that are left have drawn the late ones of that.
  const until = now.mono + staggerMs(rack, `${event} held`, policy.limits.restore_window_s);
  return { event, until: Math.max(until, hold?.until ?? 0) };
}

/** Remembers the ramp of the orders that bind, for the way up after they are gone. */
function settled(line: Line, upWPerS: number | undefined): Line {
  return upWPerS === undefined ? line : { ...line, upWPerS };
}

/** What stands still may begin to move at once. */
function standing({ mono }: Now): Millis {
  return mono - LEAST_STEP_MS;
}

function hasJustMoved({ movedAt }: Lift, now: Now): boolean {
  return now.mono - movedAt < LEAST_STEP_MS;
}

function elapsedS(line: Lift, now: Now): Seconds {
  return Math.min((now.mono - line.movedAt) / 1000, LONGEST_STEP_S);
}
