/** The record of how far one order is, and the steps it takes. */
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import { startsAt, withoutBlind } from '#agent/state/orders.ts';
import type { Phase } from '#protocol/lifecycle.ts';
import { endOf } from '#protocol/next-order.ts';
import type { Step, Track } from '../plan.ts';

/** A track and the steps it took at this decision. */
export type Advance = { readonly track: Track; readonly steps: readonly Step[] };

const ways: readonly Phase[] = [
  'received',
  'accepted',
  'scheduled',
  'acting',
  'acknowledged',
  'confirmed',
  'metered',
  'holding',
];

/** `accepted` and `scheduled` themselves are told to the issuer on receipt. */
export function openTrack(accepted: AcceptedOrder, now: Now): Track {
  const topic = withoutBlind(accepted.topic);
  const { id, event, issuer, program } = accepted.order;
  const phase: Phase = startsAt(accepted) <= now.wall ? 'accepted' : 'scheduled';
  const reached = { received: accepted.receivedAt, [phase]: now.wall };
  const until = endOf(accepted.order);
  return { order: id, topic, event, issuer, program, phase, levelW: undefined, until, reached, short: [], done: false };
}

export function advance(track: Track): Advance {
  return { track, steps: [] };
}

/** Whether the order has yet to come as far as `phase`. One that is `partial` left that way, and comes back metered. */
export function before({ track }: Advance, phase: Phase): boolean {
  return ways.includes(track.phase) && ways.indexOf(track.phase) < ways.indexOf(phase);
}

export function reach({ track, steps }: Advance, phase: Phase, why: string, now: Now): Advance {
  const { order, event, issuer, program, levelW, reached } = track;
  return {
    track: { ...track, phase, reached: { ...reached, [phase]: reached[phase] ?? now.wall } },
    steps: [...steps, { order, event, issuer, program, phase, levelW, why }],
  };
}

export function finish(here: Advance): Advance {
  return { ...here, track: { ...here.track, done: true } };
}

/** An order that was let go, as after a silence, and binds again. */
export function reopened({ intervalFrom: _before, ...track }: Track): Track {
  return { ...track, phase: 'accepted', done: false };
}

/** Orders of one topic that are over and wait to be called restored, at most: each costs at every decision. */
const MOST_WAITING = 16;

/** Where an issuer sends one event after the other before the rack can come home, the oldest are not waited for. */
export function withoutBacklog(tracks: readonly Track[]): Track[] {
  const waiting = new Map<string, number>();
  const newestFirst = tracks.toReversed().map((track) => {
    if (track.done || track.phase !== 'ended') return track;
    const count = (waiting.get(track.topic) ?? 0) + 1;
    waiting.set(track.topic, count);
    return count > MOST_WAITING ? { ...track, done: true } : track;
  });
  return newestFirst.toReversed();
}
