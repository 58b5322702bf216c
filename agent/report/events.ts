/** Events: one step of an order, or one thing the rack did or noticed by itself, with the watts at that moment. */
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { ageMs, feedMeter } from '#agent/state/picture.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { RackEvent } from '#protocol/lifecycle.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Watts } from '#protocol/units.ts';

type Subject = Partial<Pick<RackEvent, 'order' | 'event' | 'issuer' | 'program' | 'phase' | 'code' | 'device'>>;

export function rackEvent(
  kind: RackEvent['kind'],
  subject: Subject,
  why: string,
  levelW: Watts | undefined,
  picture: Picture,
  now: Now,
): RackEvent {
  const reading = freshMeter(feedMeter(picture), now);
  const age = ageMs(reading, now);
  return {
    v: 1,
    at: timestampOf(now.wall),
    kind,
    order: subject.order ?? null,
    event: subject.event ?? null,
    issuer: subject.issuer ?? null,
    program: subject.program ?? null,
    phase: subject.phase ?? null,
    code: subject.code ?? null,
    device: subject.device ?? null,
    power_w: reading?.powerW === undefined ? null : Math.round(reading.powerW),
    power_age_ms: reading?.powerW === undefined || age === undefined ? null : Math.round(age),
    level_w: levelW === undefined ? null : Math.round(levelW),
    why,
  };
}
