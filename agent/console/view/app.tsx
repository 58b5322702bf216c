/** The page: who it talks to, and once the broker has let it in, the site. */
import { useEffect, useState } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import type { Answers, Connection } from '../browser/connection.ts';
import { openConnection } from '../browser/connection.ts';
import type { View } from '../browser/store.ts';
import { ConnectForm } from './connect-form.tsx';
import { Watch } from './watch.tsx';

type Watched = { readonly connection: Connection; readonly view: View };

export function App({ clock }: { clock: Clock }) {
  const [answers, setAnswers] = useState<Answers>();
  const [watched, setWatched] = useState<Watched>();
  useEffect(() => {
    if (!answers) return setWatched(undefined);
    const connection = openConnection(answers, clock);
    const show = (view: View) => setWatched({ connection, view });
    const unwatch = connection.store.watch(show);
    show(connection.store.view());
    return () => {
      unwatch();
      connection.close();
    };
  }, [answers, clock]);
  if (!watched?.view.letIn) return <ConnectForm answer={setAnswers} view={watched?.view} />;
  return <Watch {...watched} clock={clock} leave={() => setAnswers(undefined)} />;
}
