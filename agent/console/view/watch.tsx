/** The site while it is watched: painted anew with every view of the store. */
import { useEffect, useState } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import { Dispatch } from '../dispatch/dispatch.tsx';
import type { Connection } from './app.tsx';
import { StatusBar } from './status-bar.tsx';

type Props = { connection: Connection; clock: Clock; leave: () => void };

export function Watch({ connection, clock, leave }: Props) {
  const { store, answers } = connection;
  const [view, setView] = useState(store.view);
  useEffect(() => store.watch(setView), [store]);
  return (
    <>
      <StatusBar view={view} broker={answers.url} leave={leave} />
      <main class="site" />
      <Dispatch view={view} url={answers.url} clock={clock} />
    </>
  );
}
