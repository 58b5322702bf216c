/** The page: who it talks to, and once it does, the site. */
import { useEffect, useState } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import type { Answers, Connection } from '../browser/connection.ts';
import { openConnection } from '../browser/connection.ts';
import { ConnectForm } from './connect-form.tsx';
import { Watch } from './watch.tsx';

export function App({ clock }: { clock: Clock }) {
  const [answers, setAnswers] = useState<Answers>();
  const [connection, setConnection] = useState<Connection>();
  useEffect(() => {
    if (!answers) return setConnection(undefined);
    const opened = openConnection(answers, clock);
    setConnection(opened);
    return () => {
      opened.close();
    };
  }, [answers, clock]);
  if (!connection) return <ConnectForm answer={setAnswers} />;
  return <Watch connection={connection} clock={clock} leave={() => setAnswers(undefined)} />;
}
