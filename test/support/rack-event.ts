/** A step of an order as a rack tells it: what tests of showing and of following events vary. */
import type { RackEvent } from '#protocol/lifecycle.ts';

const metered: RackEvent = {
  v: 1,
  at: '2026-11-21T21:00:00.000Z',
  kind: 'order',
  order: 'o1',
  event: 'ecrs-a',
  issuer: 'qse-north',
  program: 'ecrs',
  phase: 'metered',
  code: null,
  device: null,
  power_w: 5870,
  power_age_ms: 400,
  level_w: 6000,
  why: '',
};

export function rackEvent(change: Partial<RackEvent>): RackEvent {
  return { ...metered, ...change };
}
