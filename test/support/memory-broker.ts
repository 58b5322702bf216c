/**
 * A broker in memory for scenarios: retained messages, wildcards, wills, and an outage when told. Its sessions are
 * the agent's own, reconnect and all, over a link that delivers by microtask. Reconnecting takes the sessions' clock.
 */
import type { BrokerHandlers, BrokerParts, BrokerSession, Outgoing } from '#agent/platform/broker.ts';
import { openSession } from '#agent/platform/broker.ts';
import type { Link, LinkEvents, LinkOptions } from '#agent/platform/broker-link.ts';

type Peer = { options: LinkOptions; events: LinkEvents; online: boolean };
type Listener = { filter: string; hear(topic: string, payload: string): void };

export class MemoryBroker {
  /** Every message that any client published, wills included, in order. */
  readonly published: Outgoing[] = [];
  readonly #retained = new Map<string, string>();
  readonly #peers = new Set<Peer>();
  readonly #listeners = new Set<Listener>();
  #reachable = true;

  /** An agent's session to this broker. */
  session(clientId: string, handlers: BrokerHandlers, parts: BrokerParts): BrokerSession {
    return openSession({ url: 'memory://broker', clientId }, handlers, parts, (options, events) =>
      this.#connect(options, events),
    );
  }

  /** As an operator or issuer who is always connected. An empty retained payload clears the topic. */
  publish(topic: string, payload: string, retain = false): void {
    this.#take({ topic, payload, retain });
  }

  /** Calls `hear` for what is retained under `filter` and for everything that comes. Returns how to stop. */
  subscribe(filter: string, hear: Listener['hear']): () => void {
    const listener = { filter, hear };
    this.#listeners.add(listener);
    for (const [topic, payload] of this.#retained) if (topicMatches(filter, topic)) hear(topic, payload);
    return () => void this.#listeners.delete(listener);
  }

  retained(topic: string): string | undefined {
    return this.#retained.get(topic);
  }

  /** Cuts every session, whose wills are published, and answers nobody until `online()`. What is retained stays. */
  offline(): void {
    this.#reachable = false;
    for (const peer of [...this.#peers]) this.#lose(peer, 'the broker went away');
  }

  online(): void {
    this.#reachable = true;
  }

  /** As after a restart of a broker that keeps nothing on disk. */
  clearRetained(): void {
    this.#retained.clear();
  }

  #connect(options: LinkOptions, events: LinkEvents): Link {
    const peer: Peer = { options, events, online: false };
    this.#peers.add(peer);
    queueMicrotask(() => this.#greet(peer));
    return {
      publish: async (message) => {
        if (!peer.online) return false;
        peer.events.heard();
        this.#take(message);
        return true;
      },
      close: async (last) => {
        if (last && peer.online) this.#take(last);
        peer.online = false;
        this.#peers.delete(peer);
      },
    };
  }

  #greet(peer: Peer): void {
    if (!this.#peers.has(peer)) return;
    if (!this.#reachable) {
      this.#lose(peer, 'the broker does not answer');
      return;
    }
    for (const other of this.#peers) {
      const same = other !== peer && other.options.config.clientId === peer.options.config.clientId;
      if (same) this.#lose(other, 'someone else connected with our client id');
    }
    peer.online = true;
    peer.events.heard();
    peer.events.online([]);
    for (const [topic, payload] of this.#retained) this.#deliver(peer, topic, payload, true);
  }

  #lose(peer: Peer, reason: string): void {
    const will = peer.online ? peer.options.will : undefined;
    peer.online = false;
    this.#peers.delete(peer);
    if (will) this.#take(will);
    queueMicrotask(() => peer.events.ended({ kind: 'other', reason }));
  }

  #take(message: Outgoing): void {
    const { topic, payload, retain } = message;
    this.published.push(message);
    if (retain && payload === '') this.#retained.delete(topic);
    else if (retain) this.#retained.set(topic, payload);
    for (const peer of this.#peers) if (peer.online) this.#deliver(peer, topic, payload, false);
    for (const { filter, hear } of this.#listeners) if (topicMatches(filter, topic)) hear(topic, payload);
  }

  #deliver(peer: Peer, topic: string, payload: string, retained: boolean): void {
    if (!peer.options.subscriptions.some((filter) => topicMatches(filter, topic))) return;
    queueMicrotask(() => {
      if (!peer.online) return;
      peer.events.heard();
      peer.events.message(topic, Buffer.from(payload), retained);
    });
  }
}

/** MQTT 5 section 4.7: `+` is one level, `#` is all that follow, its parent included. */
export function topicMatches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
