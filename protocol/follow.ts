/** How far an order is on every rack, from what the racks say. Pure: a message in, the progress and a step out. */
import type { Ack, Phase, RackEvent, RefusalCode } from '#protocol/lifecycle.ts';
import type { Order } from '#protocol/order.ts';
import type { Watts } from '#protocol/units.ts';

/** One line of the story: what an operator sees and what `--json` prints. */
export type Step = {
  at: string;
  rack: string;
  /** A phase; `repeat` when the rack knew the order already. */
  phase: Phase | 'repeat';
  power_w: Watts | null;
  level_w: Watts | null;
  code: RefusalCode | null;
  why: string;
};

export type RackProgress = {
  phase: Step['phase'];
  /** It was over its level at the last deadline it was judged by. */
  short: boolean;
};

export type Following = {
  order: Pick<Order, 'id' | 'event' | 'issuer'>;
  /** The racks that answered. */
  racks: ReadonlyMap<string, RackProgress>;
};

export type Heard = { kind: 'ack'; ack: Ack } | { kind: 'event'; rack: string; event: RackEvent };

/** `waiting` until every rack that answered is done; then the worst of what became of them. */
export type Verdict = 'waiting' | 'restored' | 'partial' | 'refused';

export function startFollowing(order: Following['order']): Following {
  return { order, racks: new Map() };
}

export function follow(following: Following, heard: Heard): { following: Following; step?: Step } {
  const step = heard.kind === 'ack' ? stepOfAck(following, heard.ack) : stepOfEvent(following, heard.rack, heard.event);
  if (!step) return { following };
  const before = following.racks.get(step.rack);
  // What a rack answers it tells as an event too, and may be further by then; and it answers every republication.
  if (before && (before.phase === step.phase || heard.kind === 'ack')) return { following };
  const progress = { phase: step.phase, short: isShort(step.phase, before?.short ?? false) };
  return { following: { ...following, racks: new Map(following.racks).set(step.rack, progress) }, step };
}

export function verdict({ racks }: Following): Verdict {
  const all = [...racks.values()];
  if (all.length === 0 || !all.every(({ phase }) => isLast(phase))) return 'waiting';
  if (all.some(({ phase }) => phase === 'refused')) return 'refused';
  return all.some(({ short }) => short) ? 'partial' : 'restored';
}

function stepOfAck({ order }: Following, { type, id, result, at, rack, code, detail }: Ack): Step | undefined {
  if (type !== 'order' || id !== order.id || result === 'done') return undefined;
  return { at, rack, phase: result, power_w: null, level_w: null, code, why: detail };
}

function stepOfEvent({ order, racks }: Following, rack: string, event: RackEvent): Step | undefined {
  const { at, phase, power_w, level_w, code, why } = event;
  if (event.kind !== 'order' || phase === null) return undefined;
  // Restoring belongs to the event: a rack may tell it of any order in it. Before this rack has answered it is about
  // what was before us.
  if (event.issuer !== order.issuer) return undefined;
  const ofOurEvent = event.event === order.event;
  const restored = phase === 'restored' && ofOurEvent && racks.has(rack);
  if (event.order !== order.id && !restored) return undefined;
  return { at, rack, phase, power_w, level_w, code, why };
}

function isShort(phase: Step['phase'], before: boolean): boolean {
  if (phase === 'partial' || phase === 'failed') return true;
  return phase === 'metered' || phase === 'holding' ? false : before;
}

function isLast(phase: Step['phase']): boolean {
  return phase === 'restored' || phase === 'refused' || phase === 'failed';
}
