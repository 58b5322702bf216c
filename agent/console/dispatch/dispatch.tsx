/**
 * Giving orders from the page. Closed until it is asked for: who only watches never sees a form. It has a session and a
 * key of its own, so that reading needs no right to order. Closing it hides it: what was sent is said again until whoever
 * sent it signs out.
 */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import type { Link, Session } from '../browser/session.ts';
import { openSession } from '../browser/session.ts';
import type { View } from '../browser/store.ts';
import type { Stage } from './desk.ts';
import { Desk } from './desk.ts';
import { Foreseen } from './foreseen.tsx';
import { signWith } from './key-file.ts';
import { Operator } from './operator.ts';
import { OrderSheet } from './order-sheet.tsx';
import { SentOrder } from './sent-order.tsx';
import type { SignedIn } from './sign-in.tsx';
import { SignIn } from './sign-in.tsx';

type Props = {
  view: View;
  url: string;
  clock: Clock;
  open: boolean;
  close: () => void;
  signedIn: SignedIn | undefined;
  /** Or out. */
  signIn: (signedIn: SignedIn | undefined) => void;
};

export function Dispatch({ view, url, clock, open, close, signedIn, signIn }: Props) {
  const section = useRef<HTMLElement>(null);
  useKeyboardIn(section, open);
  return (
    <section
      class="dispatch"
      aria-label="Dispatch"
      ref={section}
      tabIndex={-1}
      hidden={!open}
      onKeyDown={({ key }) => key === 'Escape' && close()}
    >
      <header>
        <h2>Dispatch</h2>
        {signedIn && (
          <button type="button" onClick={() => signIn(undefined)}>
            Sign out
          </button>
        )}
        <button type="button" onClick={close}>
          Close
        </button>
      </header>
      {signedIn && <Floor key={signedIn.signing.kid} view={view} clock={clock} signedIn={signedIn} />}
      {!signedIn && open && <SignIn site={view.site.name} url={url} done={signIn} />}
    </section>
  );
}

/** Whoever works by keyboard goes in with what is opened, and back to where they were. */
function useKeyboardIn(section: RefObject<HTMLElement | null>, open: boolean): void {
  useLayoutEffect(() => {
    if (!open) return undefined;
    const before = document.activeElement;
    section.current?.focus();
    return () => void (before instanceof HTMLElement && requestAnimationFrame(() => before.focus()));
  }, [section, open]);
}

type FloorProps = { view: View; clock: Clock; signedIn: SignedIn };
type Working = { readonly desk: Desk; readonly session: Session };

function Floor({ view, clock, signedIn }: FloorProps) {
  const [stage, setStage] = useState<Stage>({ kind: 'writing' });
  const [link, setLink] = useState<Link>({ kind: 'connecting' });
  const [working, setWorking] = useState<Working>();
  useEffect(() => {
    const opened = begin(signedIn, clock, setStage, setLink);
    setWorking(opened);
    return () => {
      opened.desk.close();
      opened.session.close();
    };
  }, [signedIn, clock]);
  const { giver, signing } = signedIn;
  return (
    <>
      <p class="quiet">
        {giver.issuer}, program {giver.program}, key {signing.kid}: {linkWords(link)}
      </p>
      {link.kind === 'offline' && (
        <p class="bad" role="alert">
          {link.reason}
        </p>
      )}
      {working && <Step stage={stage} desk={working.desk} view={view} giver={giver} ready={link.kind === 'online'} />}
    </>
  );
}

type StepProps = { stage: Stage; desk: Desk; view: View; giver: SignedIn['giver']; ready: boolean };

function Step({ stage, desk, view, giver, ready }: StepProps) {
  switch (stage.kind) {
    case 'writing':
      return <OrderSheet desk={desk} site={view.site} giver={giver} ready={ready} trouble={stage.trouble} />;
    case 'asking':
      return <Foreseen desk={desk} site={view.site} stage={stage} ready={ready} />;
    case 'sent':
      return <SentOrder desk={desk} sent={stage.sent} view={view} />;
  }
}

function begin(
  { giver, signing, credentials }: SignedIn,
  clock: Clock,
  show: (stage: Stage) => void,
  showLink: (link: Link) => void,
): Working {
  const session = openSession(credentials, clock, { link: showLink, message: (message) => desk.hear(message) });
  const operator = new Operator({
    giver,
    kid: signing.kid,
    sign: signWith(signing),
    publish: (topic, payload, retain) => session.publish(topic, payload, retain),
    wall: clock.wall,
  });
  const desk = new Desk({ operator, clock, newId, show });
  session.subscribe(operator.filters());
  return { desk, session };
}

/** `crypto.randomUUID` is kept from pages that came over plain HTTP. */
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function linkWords(link: Link): string {
  switch (link.kind) {
    case 'connecting':
      return 'connecting';
    case 'online':
      return link.denied.length > 0 ? `connected, but not let to read ${link.denied.join(', ')}` : 'connected';
    case 'offline':
      return 'not connected';
  }
}
