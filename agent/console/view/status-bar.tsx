/** Whether what is on the page can be believed: the broker, the age of the last message, the clocks, what did not fit. */
import type { ComponentChildren } from 'preact';
import type { Link } from '../browser/session.ts';
import type { View } from '../browser/store.ts';
import { skewOf } from '../model/skew.ts';
import { totals } from '../model/totals.ts';
import { count, countdown, countOf, fineAge, signedAge } from '../model/words.ts';
import { Misfits } from './misfits.tsx';

/** Racks speak every second: after this many without a word from any of them nothing here is about now. */
const STALE_MS = 5_000;

type Props = { view: View; broker: string; children: ComponentChildren };

export function StatusBar({ view: { site, link, nowMs }, broker, children }: Props) {
  const ageMs = site.lastLiveMs === undefined ? undefined : nowMs - site.lastLiveMs;
  const stale = link.kind !== 'online' || ageMs === undefined || ageMs > STALE_MS;
  const { racks, fresh, silent, offline } = totals(site, nowMs);
  const skew = skewOf(site);
  return (
    <header class={stale ? 'status stale' : 'status'}>
      <h1>
        <a href="#/">{site.name}</a>
      </h1>
      <dl>
        <Fact name="broker" kind={link.kind === 'online' ? 'good' : 'bad'} title={broker}>
          {linkWords(link, nowMs)}
        </Fact>
        <Fact name="last message" kind={stale ? 'bad' : 'good'}>
          {fineAge(ageMs)}
        </Fact>
        <Fact
          name="clock skew"
          kind={skew && (skew.apart.length > 0 || Math.abs(skew.medianMs) > STALE_MS) ? 'warn' : ''}
        >
          {skew ? signedAge(skew.medianMs) : '–'}
          {skew && skew.apart.length > 0 && `, ${countOf(skew.apart.length, 'rack')} apart`}
        </Fact>
        <Fact name="racks" kind={silent + offline > 0 ? 'warn' : ''}>
          {count(fresh)} of {count(racks)}
          {silent > 0 && `, ${count(silent)} silent`}
          {offline > 0 && `, ${count(offline)} offline`}
        </Fact>
      </dl>
      <Misfits misfits={site.misfits} />
      <div class="buttons">{children}</div>
      {link.kind === 'offline' && (
        <p class="why" role="alert">
          {link.reason}
        </p>
      )}
      {link.kind === 'online' && link.denied.length > 0 && (
        <p class="why" role="alert">
          The broker does not let us read {link.denied.join(', ')}.
        </p>
      )}
    </header>
  );
}

type FactProps = {
  name: string;
  kind: '' | 'good' | 'warn' | 'bad';
  title?: string;
  children: ComponentChildren;
};

function Fact({ name, kind, title, children }: FactProps) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd class={kind}>{children}</dd>
    </div>
  );
}

function linkWords(link: Link, nowMs: number): string {
  switch (link.kind) {
    case 'connecting':
      return 'connecting';
    case 'online':
      return 'connected';
    case 'offline':
      return link.retryMs === undefined ? 'refused' : `away, again in ${countdown(link.retryMs - nowMs)}`;
  }
}
