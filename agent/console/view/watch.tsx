/** The site while it is watched. */
import { useEffect, useState } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import type { Connection } from '../browser/connection.ts';
import { useRoute } from '../browser/route.ts';
import type { View } from '../browser/store.ts';
import { toggleTheme } from '../browser/theme.ts';
import { Dispatch } from '../dispatch/dispatch.tsx';
import type { SignedIn } from '../dispatch/sign-in.tsx';
import { detailFilters } from '../model/details.ts';
import { NoRacks } from './no-racks.tsx';
import { RackPage } from './rack-page.tsx';
import { SitePage } from './site-page.tsx';
import { StatusBar } from './status-bar.tsx';

type Props = { connection: Connection; view: View; clock: Clock; leave: () => void };

export function Watch({ connection, view, clock, leave }: Props) {
  const { store, session, answers } = connection;
  const route = useRoute();
  const rack = route.page === 'rack' ? route.rack : undefined;
  const name = rack === undefined ? answers.site : `${rack} of ${answers.site}`;
  useEffect(() => {
    document.title = `${name} – Ballast`;
  }, [name]);
  const [dispatching, setDispatching] = useState(false);
  const [signedIn, setSignedIn] = useState<SignedIn>();
  useEffect(() => {
    store.detail(rack);
    return rack === undefined ? undefined : session.subscribe(detailFilters(answers.site, rack));
  }, [store, session, answers, rack]);
  return (
    <>
      <StatusBar view={view} broker={answers.url}>
        <button type="button" aria-expanded={dispatching} onClick={() => setDispatching(!dispatching)}>
          {signedIn ? `Dispatch as ${signedIn.giver.issuer}` : 'Dispatch…'}
        </button>
        <button type="button" onClick={toggleTheme}>
          Theme
        </button>
        <button type="button" onClick={leave}>
          Leave
        </button>
      </StatusBar>
      <Page view={view} rack={rack} />
      <Dispatch
        view={view}
        url={answers.url}
        clock={clock}
        open={dispatching}
        close={() => setDispatching(false)}
        signedIn={signedIn}
        signIn={setSignedIn}
      />
    </>
  );
}

function Page({ view, rack }: { view: View; rack: string | undefined }) {
  if (view.site.racks.size === 0) return <NoRacks site={view.site.name} />;
  return rack === undefined ? <SitePage view={view} /> : <RackPage key={rack} view={view} id={rack} />;
}
