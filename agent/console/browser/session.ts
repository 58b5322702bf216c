/**
 * The page's session to a broker, over WebSocket. Nothing is queued and nothing survives a connection: whoever comes
 * back is told again what the broker retains. MQTT 3.1.1, since every broker speaks it and every meaning is in the
 * payload.
 */
import type { ISubscriptionMap, MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import type { Message } from '../model/message.ts';
import type { Clock } from './clock.ts';
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
  /** True once the broker has it. Rejects never. */
  publish(topic: string, payload: string, retain: boolean): Promise<boolean>;
  close(): void;
};

const CONNECT_MS = 8_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

export function openSession(credentials: Credentials, clock: Clock, events: SessionEvents): Session {
  const filters = new Map<string, number>();
  const denied = new Set<string>();
  let client: MqttClient | undefined;
  let failures = 0;
  let closed = false;
  let cancelRetry = () => {};

  const told = () => events.link({ kind: 'online', denied: [...denied] });

  /**
   * At QoS 0: what is lost is said again within seconds, and a broker drops what it cannot hand over at once of a
   * thousand racks' retained topics at QoS 1 (mosquitto keeps 1,000).
   */
  function ask(wanted: readonly string[]): void {
    const map: ISubscriptionMap = Object.fromEntries(wanted.map((filter) => [filter, { qos: 0 }]));
    const asked = client;
    asked?.subscribe(map, (_error, granted = []) => {
      if (asked !== client) return;
      for (const { topic, qos } of granted) if (qos >= 128) denied.add(topic);
      told();
    });
  }

  function open(): void {
    events.link({ kind: 'connecting' });
    let greeted = false;
    let problem: unknown;
    const opened = mqtt.connect(credentials.url, {
      protocolVersion: 4,
      clientId: `console-${randomId()}`,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_MS,
      queueQoSZero: false,
      ...(credentials.user !== '' && { username: credentials.user, password: credentials.password }),
    });
    client = opened;
    opened.on('error', (error) => {
      problem ??= error;
    });
    opened.on('connect', () => {
      greeted = true;
      failures = 0;
      denied.clear();
      told();
      ask([...filters.keys()]);
    });
    opened.on('message', (topic, payload, { retain }) => {
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
      if (client?.connected && fresh.length > 0) ask(fresh);
      return () => {
        for (const filter of wanted) filters.set(filter, (filters.get(filter) ?? 1) - 1);
        const gone = wanted.filter((filter) => filters.get(filter) === 0);
        for (const filter of gone) filters.delete(filter);
        if (client?.connected && gone.length > 0) client.unsubscribe([...gone]);
      };
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

/** `crypto.randomUUID` is kept from pages that came over plain HTTP. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
