/** The site while it is watched: painted anew with every view of the store. */
import { useEffect, useState } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import type { Connection } from '../browser/connection.ts';
import { useRoute } from '../browser/route.ts';
import { Dispatch } from '../dispatch/dispatch.tsx';
import { detailFilters } from '../model/details.ts';
import { RackPage } from './rack-page.tsx';
import { SitePage } from './site-page.tsx';
import { StatusBar } from './status-bar.tsx';

type Props = { connection: Connection; clock: Clock; leave: () => void };

export function Watch({ connection, clock, leave }: Props) {
  const { store, session, answers } = connection;
  const route = useRoute();
  const [view, setView] = useState(store.view);
  useEffect(() => store.watch(setView), [store]);
  const rack = route.page === 'rack' ? route.rack : undefined;
  useEffect(() => {
    store.detail(rack);
    return rack === undefined ? undefined : session.subscribe(detailFilters(answers.site, rack));
  }, [store, session, answers, rack]);
  return (
    <>
      <StatusBar view={view} broker={answers.url} leave={leave} />
      {rack === undefined ? <SitePage view={view} /> : <RackPage key={rack} view={view} id={rack} />}
      <Dispatch view={view} url={answers.url} clock={clock} />
    </>
  );
}
