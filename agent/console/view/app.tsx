/** The page: who it talks to, and once it does, the site. */
import { useEffect, useState } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import type { Session } from '../browser/session.ts';
import { openSession } from '../browser/session.ts';
import type { Store } from '../browser/store.ts';
import { openStore } from '../browser/store.ts';
import { siteFilters } from '../model/subscriptions.ts';
import type { Answers } from './connect-form.tsx';
import { ConnectForm } from './connect-form.tsx';
import { Watch } from './watch.tsx';

export type Connection = { readonly answers: Answers; readonly store: Store; readonly session: Session };

export function App({ clock }: { clock: Clock }) {
  const [answers, setAnswers] = useState<Answers>();
  const [connection, setConnection] = useState<Connection>();
  useEffect(() => {
    if (!answers) return setConnection(undefined);
    const opened = open(answers, clock);
    setConnection(opened);
    return () => {
      opened.session.close();
      opened.store.close();
    };
  }, [answers, clock]);
  if (!connection) return <ConnectForm answer={setAnswers} />;
  return <Watch connection={connection} clock={clock} leave={() => setAnswers(undefined)} />;
}

function open(answers: Answers, clock: Clock): Connection {
  const store = openStore(answers.site, clock);
  const session = openSession(answers, clock, store);
  session.subscribe(siteFilters(answers.site));
  return { answers, store, session };
}
