/**
 * Giving orders from the page. Closed until it is asked for: who only watches never sees a form. It has a session and a
 * key of its own, so that reading needs no right to order. Closing it hides it: what was sent is said again until whoever
 * sent it signs out.
 */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Clock } from '../browser/clock.ts';
import type { View } from '../browser/store.ts';
import { Floor } from './floor.tsx';
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
