/**
 * Everything the rack says goes out here. What is retained stays on the board, is said again at every connect, and is
 * owed to each broker until that has taken it; of what is not, events, evidence and power are kept back while nobody
 * listens and sent later, on `history`.
 */
import type { BrokerSession, Outgoing } from '#agent/platform/broker.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { History } from '#agent/platform/store.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Address, Payload, TopicName } from '#protocol/topics.ts';
import { topicOf, topics } from '#protocol/topics.ts';

export type PublisherParts = {
  readonly site: string;
  readonly rack: string;
  readonly clock: Clock;
  readonly history: History;
  sessions(): readonly BrokerSession[];
};

type KeptKind = Payload<'history'>['kind'];
/** Kept-back records sent at one tick: an hour's worth must not drown the live topics. */
const HISTORY_PER_TICK = 20;
/** Retained topics made good at one tick, well within what a session takes at once. */
const OWED_PER_TICK = 100;

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #board = new Map<string, Outgoing>();
  /** Topics whose newest word, or its end, a broker has not taken: it was away, or busy. */
  readonly #owed = new Map<BrokerSession, Set<string>>();
  #draining = false;
  /** Whether something may have been kept back, by this process or one before. */
  #hasKept = true;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  get online(): boolean {
    return this.#parts.sessions().some(({ online }) => online);
  }

  /** Says something retained. */
  say<Name extends TopicName>(name: Name, address: Address<Name>, payload: Payload<Name>): void {
    const message = this.#message(name, address, payload);
    this.#board.set(message.topic, message);
    this.#show(message.topic);
  }

  /** Takes a retained topic back. */
  clear<Name extends TopicName>(name: Name, address: Address<Name>): void {
    const topic = topicOf(this.#parts.site, name, address);
    if (this.#board.delete(topic)) this.#show(topic);
  }

  /** Takes back what is retained below the rack and is not on the board. */
  disown(topic: string): void {
    if (!this.#board.has(topic)) this.#show(topic);
  }

  /** Says something once, to whoever listens now. */
  tell<Name extends TopicName>(name: Name, address: Address<Name>, payload: Payload<Name>): void {
    const message = this.#message(name, address, payload);
    for (const session of this.#parts.sessions()) void session.publish(message);
  }

  /** Says something once that must not be lost. Resolves when a broker has taken it, or it is kept back. */
  async record<Name extends 'event' | 'evidence'>(name: Name, payload: Payload<Name>): Promise<void> {
    const address = { rack: this.#parts.rack } as Address<Name>;
    const sent = this.#parts.sessions().map((session) => session.publish(this.#message(name, address, payload)));
    const arrived = await Promise.all(sent);
    if (!arrived.some(Boolean)) this.keepBack(name, payload);
  }

  keepBack(kind: KeptKind, payload: object): void {
    this.#hasKept = true;
    this.#parts.history.keep(kind, this.#parts.clock.wall(), JSON.stringify(payload));
  }

  /** To a session that has just come online: the broker may have forgotten everything. */
  repeatBoard(session: BrokerSession): void {
    const owed = this.#owedTo(session);
    for (const topic of this.#board.keys()) owed.add(topic);
    this.#makeGood(session);
  }

  /** Says again what the brokers that are there have not taken. */
  makeGood(): void {
    for (const session of this.#parts.sessions()) if (session.online) this.#makeGood(session);
  }

  /** Sends some of what was kept back, if anyone listens. */
  async drain(): Promise<void> {
    if (this.#draining || !this.#hasKept || !this.online) return;
    this.#draining = true;
    let isEmpty = false;
    // What is kept back from here on sets it again.
    this.#hasKept = false;
    try {
      const kept = await this.#parts.history.take(HISTORY_PER_TICK);
      isEmpty = kept.length === 0;
      for (const { id, kind, at, body } of kept) {
        const payload: Payload<'history'> = {
          v: 1,
          at: timestampOf(at),
          kind: kind as KeptKind,
          body: JSON.parse(body),
        };
        const message = this.#message('history', { rack: this.#parts.rack }, payload);
        const arrived = await Promise.all(this.#parts.sessions().map((session) => session.publish(message)));
        if (!arrived.some(Boolean)) return;
        await this.#parts.history.drop(id);
      }
    } finally {
      this.#hasKept ||= !isEmpty;
      this.#draining = false;
    }
  }

  /** The last payload of every retained topic below the rack, by the topic's tail. */
  board(): Record<string, unknown> {
    const root = `${topicOf(this.#parts.site, 'state', { rack: this.#parts.rack }).slice(0, -'state'.length)}`;
    return Object.fromEntries(
      [...this.#board].map(([topic, { payload }]) => [topic.slice(root.length), JSON.parse(payload) as unknown]),
    );
  }

  #message<Name extends TopicName>(name: Name, address: Address<Name>, payload: Payload<Name>): Outgoing {
    const topic = topicOf(this.#parts.site, name, address);
    const validS = (payload as { valid_s?: unknown }).valid_s;
    return {
      topic,
      payload: JSON.stringify(payload),
      retain: topics[name].retained,
      ...(typeof validS === 'number' && { expiryS: Math.ceil(validS) }),
    };
  }

  /** What a retained topic holds now; nothing, when it was taken back. */
  #show(topic: string): void {
    for (const session of this.#parts.sessions()) void this.#showTo(session, topic);
  }

  async #showTo(session: BrokerSession, topic: string): Promise<void> {
    const message = this.#board.get(topic) ?? { topic, payload: '', retain: true };
    const arrived = await session.publish(message);
    const owed = this.#owedTo(session);
    if (!arrived) owed.add(topic);
    // A newer word may have been turned away since.
    else if (message.payload === (this.#board.get(topic)?.payload ?? '')) owed.delete(topic);
  }

  #makeGood(session: BrokerSession): void {
    const owed = this.#owedTo(session);
    for (const topic of [...owed].slice(0, OWED_PER_TICK)) {
      owed.delete(topic);
      void this.#showTo(session, topic);
    }
  }

  #owedTo(session: BrokerSession): Set<string> {
    const owed = this.#owed.get(session) ?? new Set();
    this.#owed.set(session, owed);
    return owed;
  }
}
