/** The newest events, kept in memory for whoever looks at this rack, and how many of each kind there have been. */
import type { Phase, RackEvent, RefusalCode } from '#protocol/lifecycle.ts';

/** `n` counts from 1 for the first event since the agent started. */
export type NumberedEvent = RackEvent & { readonly n: number };

const MOST = 500;

export class RecentEvents {
  /** Steps of orders, and refusals by their code, since the agent started. */
  readonly phases = new Map<Phase, number>();
  readonly refusals = new Map<RefusalCode, number>();
  readonly #events: NumberedEvent[] = [];
  #count = 0;

  add(event: RackEvent): void {
    this.#events.push({ n: ++this.#count, ...event });
    if (this.#events.length > MOST) this.#events.shift();
    if (event.phase) count(this.phases, event.phase);
    if (event.code) count(this.refusals, event.code);
  }

  /** Those behind the event of that number, oldest first. */
  after(n: number): readonly NumberedEvent[] {
    return this.#events.filter((event) => event.n > n);
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
