/**
 * Asks for broker, site and who is reading, until the broker lets them in: what is wrong is mended where it was written.
 * What is no secret is remembered; an address may bring it along.
 */
import type { TargetedEvent } from 'preact';
import type { Answers } from '../browser/connection.ts';
import { recall, remember } from '../browser/memory.ts';
import type { View } from '../browser/store.ts';
import { countdown } from '../model/words.ts';

/** Ports that brokers use for WebSocket when nobody says otherwise. */
const USUAL_PORT = { 'http:': 'ws:8083', 'https:': 'wss:8084' } as const;

type Props = { answer: (answers: Answers) => void /** Of the answers given last. */; view: View | undefined };

export function ConnectForm({ answer, view }: Props) {
  const known = new URLSearchParams(location.search);
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (field: string) => String(form.get(field) ?? '').trim();
    for (const field of ['url', 'site', 'user']) remember(field, text(field));
    answer({ url: text('url'), site: text('site'), user: text('user'), password: String(form.get('password') ?? '') });
  };
  return (
    <main class="connect">
      <h1>Ballast console</h1>
      <form onSubmit={submit}>
        <label>
          Broker
          <input
            name="url"
            required
            pattern="wss?://.+"
            title="ws:// or wss:// with host and port"
            defaultValue={known.get('broker') ?? recall('url') ?? usualBroker()}
          />
        </label>
        <label>
          Site
          <input
            name="site"
            required
            pattern="[a-z0-9\-]{1,64}"
            title="1 to 64 of a-z, 0-9 and -"
            defaultValue={known.get('site') ?? recall('site') ?? ''}
          />
        </label>
        <label>
          User
          <input name="user" autocomplete="username" defaultValue={known.get('user') ?? recall('user') ?? ''} />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" />
        </label>
        {view && <Progress view={view} />}
        <button type="submit">Watch</button>
        <p class="quiet">Reads only. User and password are those of the broker; empty where it asks for none.</p>
      </form>
    </main>
  );
}

function Progress({ view: { link, nowMs } }: { view: View }) {
  if (link.kind !== 'offline') return <p role="status">Connecting…</p>;
  return (
    <>
      <p class="bad" role="alert">
        {link.reason}
      </p>
      {link.retryMs !== undefined && <p class="quiet">Tried again in {countdown(link.retryMs - nowMs)}.</p>}
    </>
  );
}

function usualBroker(): string {
  const [scheme, port] = USUAL_PORT[location.protocol === 'https:' ? 'https:' : 'http:'].split(':');
  return `${scheme}://${location.hostname || 'localhost'}:${port}`;
}
