/** The sessions to the brokers: who is told of what arrives, and what is said when a session comes up. */
import { parseJson } from '#protocol/json.ts';
import type { Applied } from '#protocol/telemetry.ts';
import { applied as appliedSchema } from '#protocol/telemetry.ts';
import { epochMs } from '#protocol/time.ts';
import { filterOf, locate, topicOf } from '#protocol/topics.ts';
import type { Millis } from '#protocol/units.ts';
import type { Recalled } from './decide/recall.ts';
import { recalled } from './decide/recall.ts';
import type { BrokerHandlers, BrokerSession } from './platform/broker.ts';
import type { Clock } from './platform/clock.ts';
import type { Raised } from './report/alarms.ts';
import type { Presence } from './report/presence.ts';
import type { Publisher } from './report/publisher.ts';
import type { OrderDesk } from './sense/order-desk.ts';

export type BrokerSessionsParts = {
  readonly site: string;
  readonly rack: string;
  readonly clock: Clock;
  readonly presence: Presence;
  readonly publisher: Publisher;
  readonly desk: OrderDesk;
  /** Opens a session; one per broker, each of which may bring an order. */
  readonly brokers: readonly ((handlers: BrokerHandlers) => BrokerSession)[];
  /** Whether the rack itself signed this. */
  sealed(message: object): boolean;
  /** All that a broker retains for this rack has come. */
  ordersKnown(): void;
  recall(past: Recalled): void;
};

/** After the subscription, what the broker retains has arrived by then. */
const RETAINED_MS: Millis = 1000;
/** With a journal, the end of a known event is not held up for ever by a broker that is gone. */
const WITHOUT_BROKER_MS: Millis = 120_000;
/** A session that comes back sooner was no outage. */
const OUTAGE_MS: Millis = 10_000;

export class BrokerSessions {
  readonly #parts: BrokerSessionsParts;
  readonly #appliedTopic: string;
  readonly #alarmFilter: string;
  readonly #timers = new Map<string, () => void>();
  #sessions: readonly BrokerSession[] = [];
  /** Why each session is away, and since when. */
  readonly #away = new Map<BrokerSession, { since: Millis; reason: string }>();
  /**
   * What the rack itself said after this moment, wall time, may still teach it something: its journal ends there, or is
   * lost. undefined once it has been heard.
   */
  #recallsAfter: Millis | undefined;

  constructor(parts: BrokerSessionsParts) {
    this.#parts = parts;
    this.#appliedTopic = topicOf(parts.site, 'applied', { rack: parts.rack });
    this.#alarmFilter = filterOf(parts.site, 'alarm', { rack: parts.rack });
  }

  get sessions(): readonly BrokerSession[] {
    return this.#sessions;
  }

  /** `broker-1` for the first in the config, and so on: told on those that are there. */
  alarms(): [string, Raised][] {
    const mono = this.#parts.clock.monotonic();
    return this.#sessions.flatMap((session, i): [string, Raised][] => {
      const away = this.#away.get(session);
      if (!away || mono - away.since < OUTAGE_MS) return [];
      return [[`broker-${i + 1}`, { severity: 'warning', message: `not connected: ${away.reason}` }]];
    });
  }

  /** `known`: the journal told what went before, up to `at`. */
  start({ known, at }: { known: boolean; at: Millis }): void {
    const { brokers, ordersKnown } = this.#parts;
    this.#recallsAfter = known ? at : 0;
    this.#sessions = brokers.map((open) => this.#open(open));
    for (const session of this.#sessions) session.start();
    if (known) this.#later('broker awaited', WITHOUT_BROKER_MS, ordersKnown);
  }

  /** Leaves in good order, with the will said by ourselves. */
  async stop(lastConnection: number): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    const { presence } = this.#parts;
    await Promise.all(this.#sessions.map((session) => session.stop(presence.will(lastConnection))));
  }

  #open(open: (handlers: BrokerHandlers) => BrokerSession): BrokerSession {
    const { desk, presence, publisher, ordersKnown } = this.#parts;
    const session: BrokerSession = open({
      will: (connection) => presence.will(connection),
      subscriptions: () => [...desk.filters(), presence.topic, this.#alarmFilter, ...this.#recallsFrom()],
      online: ({ connection }) => {
        this.#away.delete(session);
        presence.born(session, connection);
        publisher.repeatBoard(session);
        this.#later('retained orders', RETAINED_MS, ordersKnown);
      },
      offline: (reason) => {
        const since = this.#away.get(session)?.since ?? this.#parts.clock.monotonic();
        this.#away.set(session, { since, reason });
      },
      tooLarge: (topic, bytes) => desk.tooLarge(topic, bytes),
      message: (topic, payload, retained) => {
        if (desk.receive(topic, payload, retained)) return;
        if (topic === presence.topic) presence.heard(session, payload);
        if (topic === this.#appliedTopic) this.#recall(payload);
        // An alarm of the process before this one: nobody else would take it back.
        if (retained && payload.byteLength > 0 && locate(topic)?.name === 'alarm') publisher.disown(topic);
      },
    });
    return session;
  }

  /** The rack's own signed word from before it started: the first that comes is from then. */
  #recall(payload: Uint8Array): void {
    const after = this.#recallsAfter;
    this.#recallsAfter = undefined;
    if (after === undefined) return;
    const said = this.#ownWord(payload);
    // A journal that a full disk has cut short is older than what was said.
    if (said && epochMs(said.at) > after) this.#parts.recall(recalled(said));
  }

  #recallsFrom(): string[] {
    return this.#recallsAfter === undefined ? [] : [this.#appliedTopic];
  }

  #ownWord(payload: Uint8Array): Applied | undefined {
    const json = parseJson(payload);
    const parsed = appliedSchema.safeParse(json);
    return parsed.success && this.#parts.sealed(json as object) ? parsed.data : undefined;
  }

  #later(name: string, ms: Millis, work: () => void): void {
    this.#timers.get(name)?.();
    this.#timers.set(name, this.#parts.clock.after(name, ms, work));
  }
}
