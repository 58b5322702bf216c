/**
 * The page's session to a broker, over WebSocket. Nothing is queued and nothing survives a connection: whoever comes
 * back is told again what the broker retains. MQTT 3.1.1, since every broker speaks it and every meaning is in the
 * payload.
 */
import type { IClientOptions, ISubscriptionGrant, MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import type { Message } from '../model/message.ts';
import type { Clock } from './clock.ts';
import { randomId } from './random-id.ts';
import { isFinal, whyNot } from './session-words.ts';

export type Credentials = {
  /** `ws://` or `wss://`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
};

export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'online'; readonly denied: readonly string[] }
  /** Tried again at `retryMs`; never where a person has to mend something first. */
  | { readonly kind: 'offline'; readonly reason: string; readonly retryMs?: number };

export type SessionEvents = {
  link(link: Link): void;
  message(message: Message): void;
};

export type Session = {
  /** Also at every later connect, until the returned function is called. */
  subscribe(filters: readonly string[]): () => void;
  /** What the broker retains for these, once more. */
  fetch(filters: readonly string[]): Promise<void>;
  /** True once the broker has it. Rejects never. */
  publish(topic: string, payload: string, retain: boolean): Promise<boolean>;
  close(): void;
};

const CONNECT_MS = 8_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
/** Without a retained message for this long, what a filter retains has come. */
const QUIET_MS = 100;
const MOST_QUIET_MS = 5_000;

export function openSession(credentials: Credentials, clock: Clock, events: SessionEvents): Session {
  const filters = new Map<string, number>();
  const denied = new Set<string>();
  let client: MqttClient | undefined;
  let failures = 0;
  let closed = false;
  let cancelRetry = () => {};
  let turn: Promise<void> = Promise.resolve();
  let retainedHeard = 0;

  const told = () => events.link({ kind: 'online', denied: [...denied] });

  /**
   * One filter after the other, each when what is retained for the one before has come: a broker drops what it cannot
   * hand over at once (mosquitto what is over 1,000 messages, at any QoS). QoS 0, since what is lost is said again.
   */
  function askInTurn(batch: readonly string[]): Promise<void> {
    const asked = client;
    turn = turn.then(async () => {
      if (asked === client && client?.connected) await ask(client, batch);
    });
    return turn;
  }

  async function ask(asked: MqttClient, batch: readonly string[]): Promise<void> {
    const granted = await new Promise<ISubscriptionGrant[]>((resolve) => {
      asked.subscribe([...batch], { qos: 0 }, (_error, grants = []) => resolve(grants));
    });
    for (const { topic, qos } of granted) if (qos >= 128) denied.add(topic);
    if (asked === client) told();
    for (let waitedMs = 0; waitedMs < MOST_QUIET_MS; waitedMs += QUIET_MS) {
      const before = retainedHeard;
      await new Promise<void>((resolve) => void clock.after(QUIET_MS, resolve));
      if (retainedHeard === before) return;
    }
  }

  function open(): void {
    events.link({ kind: 'connecting' });
    let greeted = false;
    let problem: unknown;
    let opened: MqttClient;
    try {
      opened = mqtt.connect(credentials.url, optionsOf(credentials));
    } catch (error) {
      // No address at all, or plain ws:// from a page that came over HTTPS, which browsers refuse.
      events.link({ kind: 'offline', reason: `The browser refuses ${credentials.url}: ${String(error)}` });
      return;
    }
    client = opened;
    turn = Promise.resolve();
    opened.on('error', (error) => {
      problem ??= error;
    });
    opened.on('connect', () => {
      greeted = true;
      failures = 0;
      denied.clear();
      told();
      for (const filter of filters.keys()) void askInTurn([filter]);
    });
    opened.on('message', (topic, payload, { retain }) => {
      if (retain) retainedHeard += 1;
      events.message({ topic, payload, retained: retain, atMs: clock.wall() });
    });
    opened.on('close', () => {
      if (opened !== client) return;
      client = undefined;
      opened.end(true);
      if (!closed) retry(problem, greeted);
    });
  }

  function retry(problem: unknown, greeted: boolean): void {
    const reason = whyNot(problem, greeted, credentials);
    // Trying again with a wrong password locks accounts.
    if (isFinal(problem)) {
      events.link({ kind: 'offline', reason });
      return;
    }
    const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
    failures += 1;
    events.link({ kind: 'offline', reason, retryMs: clock.wall() + waitMs });
    cancelRetry = clock.after(waitMs, open);
  }

  open();
  return {
    subscribe(wanted) {
      const fresh = wanted.filter((filter) => !filters.has(filter));
      for (const filter of wanted) filters.set(filter, (filters.get(filter) ?? 0) + 1);
      if (client?.connected) for (const filter of fresh) void askInTurn([filter]);
      return () => {
        for (const filter of wanted) filters.set(filter, (filters.get(filter) ?? 1) - 1);
        const gone = wanted.filter((filter) => filters.get(filter) === 0);
        for (const filter of gone) filters.delete(filter);
        if (client?.connected && gone.length > 0) client.unsubscribe([...gone]);
      };
    },
    async fetch(wanted) {
      await askInTurn(wanted);
      const extra = wanted.filter((filter) => !filters.has(filter));
      if (client?.connected && extra.length > 0) client.unsubscribe(extra);
    },
    publish(topic, payload, retain) {
      return new Promise((resolve) => {
        if (!client?.connected) return resolve(false);
        client.publish(topic, payload, { qos: 1, retain }, (error) => resolve(!error));
      });
    },
    close() {
      closed = true;
      cancelRetry();
      client?.end(true);
      client = undefined;
    },
  };
}

function optionsOf({ user, password }: Credentials): IClientOptions {
  return {
    protocolVersion: 4,
    clientId: `console-${randomId(8)}`,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_MS,
    queueQoSZero: false,
    // The other kind is a worker from a blob: URL, which the page's own policy forbids.
    timerVariant: 'native',
    ...(user !== '' && { username: user, password }),
  };
}
