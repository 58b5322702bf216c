/** How far a rack is with an event, from what it says on three topics. */
import type { Ack, RackEvent } from '#protocol/lifecycle.ts';
import type { Applied, AppliedOrder } from '#protocol/telemetry.ts';
import { epochMs } from '#protocol/time.ts';
import type { Rack, Standing } from './site.ts';
import { eventKey } from './site.ts';

/** Of more events than this the oldest is forgotten. */
const MOST_STANDINGS = 6;
const UNKNOWN: Standing = { reached: {}, short: [] };

/** What it retains counts for more than what was heard in passing. */
export function withApplied(rack: Rack, applied: Applied): Rack {
  const { finished = [], orders } = applied;
  return [...finished.toSorted(byLevel), ...orders.toSorted(byLevel)].reduce<Rack>(
    (each, order) => {
      const key = eventKey(order);
      return withStanding(each, key, ofApplied(order, each.standings.get(key) ?? UNKNOWN));
    },
    { ...rack, applied },
  );
}

/** Of several orders of one event the lowest level binds, so that one comes last. */
function byLevel(a: AppliedOrder, b: AppliedOrder): number {
  return (b.level_w ?? Number.MAX_VALUE) - (a.level_w ?? Number.MAX_VALUE);
}

/** A release, or an order whose turn has not come, sets no level: what was reached before it stays reached. */
function ofApplied({ phase, reached, level_w, baseline_w, short }: AppliedOrder, before: Standing): Standing {
  const own = Object.fromEntries(Object.entries(reached).map(([each, at]) => [each, epochMs(at)]));
  if (level_w === null) return { ...before, phase, reached: { ...before.reached, ...own }, short };
  return { phase, reached: own, short, levelW: level_w, ...(baseline_w !== null && { baselineW: baseline_w }) };
}

export function withStep(rack: Rack, told: RackEvent): Rack {
  const { phase, issuer, event, at, level_w, code, why } = told;
  if (told.kind !== 'order' || phase === null || issuer === null || event === null) return rack;
  const key = eventKey({ issuer, event });
  const before = rack.standings.get(key) ?? UNKNOWN;
  return withStanding(rack, key, {
    ...before,
    phase,
    reached: { ...before.reached, [phase]: before.reached[phase] ?? epochMs(at) },
    ...(level_w !== null && { levelW: level_w }),
    ...(phase === 'refused' && { refusal: { code, why } }),
  });
}

/** Answers come again with every republication: who opens the page late hears of a refusal within a minute. */
export function withAnswer(rack: Rack, key: string, { result, at, code, detail }: Ack): Rack {
  const before = rack.standings.get(key) ?? UNKNOWN;
  const atMs = epochMs(at);
  if (result === 'refused') {
    const reached = { ...before.reached, refused: before.reached.refused ?? atMs };
    return withStanding(rack, key, { ...before, phase: 'refused', reached, refusal: { code, why: detail } });
  }
  return withStanding(rack, key, { ...before, reached: { received: atMs, ...before.reached } });
}

/** Why it is not where it should be. */
export function whyShort({ short }: Standing): string {
  return short.join('; ') || 'over its level at the deadline';
}

function withStanding(rack: Rack, key: string, standing: Standing): Rack {
  const standings = new Map(rack.standings);
  standings.delete(key);
  standings.set(key, standing);
  const [oldest] = standings.keys();
  if (standings.size > MOST_STANDINGS && oldest !== undefined) standings.delete(oldest);
  return { ...rack, standings };
}
