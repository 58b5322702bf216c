/** The site while it is watched: painted anew with every view of the store. */
import { useEffect, useState } from 'preact/hooks';
import type { Connection } from './app.tsx';
import { StatusBar } from './status-bar.tsx';

export function Watch({ connection, leave }: { connection: Connection; leave: () => void }) {
  const { store, answers } = connection;
  const [view, setView] = useState(store.view);
  useEffect(() => store.watch(setView), [store]);
  return (
    <>
      <StatusBar view={view} broker={answers.url} leave={leave} />
      <main class="site" />
    </>
  );
}
