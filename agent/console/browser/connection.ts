/** A site that is listened to: its store, fed by a session, and what the broker dropped on the way asked for again. */
import type { Millis } from '#protocol/units.ts';
import { missing, siteFilters } from '../model/subscriptions.ts';
import type { Clock } from './clock.ts';
import type { Credentials, Session } from './session.ts';
import { openSession } from './session.ts';
import type { Store } from './store.ts';
import { openStore } from './store.ts';

export type Answers = Credentials & { readonly site: string };

export type Connection = {
  readonly answers: Answers;
  readonly store: Store;
  readonly session: Session;
  close(): void;
};

/** After the first of it the streams are on, and name every rack. */
const HEAL_MS: Millis = 10_000;

export function openConnection(answers: Answers, clock: Clock): Connection {
  const store = openStore(answers.site, clock);
  const session = openSession(answers, clock, store);
  session.subscribe(siteFilters(answers.site));
  const asked = new Set<string>();
  const stopHealing = clock.every(HEAL_MS, () => {
    const filters = missing(store.view().site, asked);
    for (const filter of filters) asked.add(filter);
    if (filters.length > 0) void session.fetch(filters);
  });
  return {
    answers,
    store,
    session,
    close() {
      stopHealing();
      session.close();
      store.close();
    },
  };
}
