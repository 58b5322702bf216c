/** Where whoever has signed in works: a session and a desk of their own, and the step that their order is at. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import { randomId } from '../browser/random-id.ts';
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

type Props = { view: View; clock: Clock; signedIn: SignedIn };
type Working = { readonly desk: Desk; readonly session: Session };

export function Floor({ view, clock, signedIn }: Props) {
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
  const step = useRef<HTMLDivElement>(null);
  // What had the keyboard is gone with the step before.
  useEffect(() => step.current?.focus(), [stage.kind]);
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
      <div class="step" ref={step} tabIndex={-1}>
        {working && <Step stage={stage} desk={working.desk} view={view} giver={giver} ready={link.kind === 'online'} />}
      </div>
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
  const desk = new Desk({ operator, clock, newId: () => randomId(12), show });
  session.subscribe(operator.filters());
  return { desk, session };
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
