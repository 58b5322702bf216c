/**
 * A session to one broker that comes back by itself. Clean start, no session expiry, subscriptions made at every
 * connect: what the broker retains is the recovery. While offline nothing is queued; the caller keeps what matters.
 */
import type { Millis } from '#protocol/units.ts';
import type { Link, OpenLink } from './broker-link.ts';
import { openMqttLink } from './broker-link.ts';
import type { LinkEnd } from './broker-words.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

export type BrokerConfig = {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  url: string;
  /** PEM text, as are `certificate` and `key`. */
  ca?: string;
  certificate?: string;
  key?: string;
  username?: string;
  password?: string;
  clientId: string;
  /** Seconds, 15 unless said. */
  keepaliveS?: number;
};

export type Outgoing = {
  topic: string;
  payload: string;
  retain: boolean;
  /** Seconds after which an MQTT 5 broker drops the message; MQTT 3.1.1 does not know it. */
  expiryS?: number;
};

export type BrokerHandlers = {
  /** Asked for before every connect, with the number that this connection will have. Absent: nobody would miss us. */
  will?(connection: number): Outgoing;
  /** Topic filters, subscribed at QoS 1 at every connect. */
  subscriptions(): string[];
  /** Connected and subscribed. `refused` are the filters that the broker denies us. */
  online(info: { connection: number; protocol: 4 | 5; refused: string[] }): void;
  /** The session, or an attempt at one, ended for `reason`, in plain words. Not called for our own stop. */
  offline(reason: string): void;
  /** Never before `online`, at most 64 KiB. `retained` when the broker had kept it. */
  message(topic: string, payload: Uint8Array, retained: boolean): void;
  /** A payload over 64 KiB came and was dropped unread. */
  tooLarge?(topic: string, bytes: number): void;
};

export type BrokerSession = {
  readonly url: string;
  readonly online: boolean;
  /** When anything last came from the broker, monotonic; undefined before the first. */
  readonly heardAt: Millis | undefined;
  start(): void;
  /** Publishes `last`, if any, and leaves in a way that keeps the will unsent. Ends for good. */
  stop(last?: Outgoing): Promise<void>;
  /** True at PUBACK; false when offline, refused or lost on the way. Nothing is kept for later. Never rejects. */
  publish(message: Outgoing): Promise<boolean>;
};

export type BrokerParts = {
  clock: Clock;
  log: Logger;
  /** 0 to 1. */
  random(): number;
  /** Numbers the connections; shared when an agent holds sessions to several brokers. */
  connections?: { next(): number };
};

export function openBroker(config: BrokerConfig, handlers: BrokerHandlers, parts: BrokerParts): BrokerSession {
  return openSession(config, handlers, parts, openMqttLink);
}

/** A session over any kind of link; scenarios bring one in memory. */
export function openSession(
  config: BrokerConfig,
  handlers: BrokerHandlers,
  parts: BrokerParts,
  openLink: OpenLink,
): BrokerSession {
  return new Session(config, handlers, parts, openLink);
}

const MAX_PAYLOAD_BYTES = 64 * 1024;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

class Session implements BrokerSession {
  readonly #config: BrokerConfig;
  readonly #handlers: BrokerHandlers;
  readonly #parts: BrokerParts;
  readonly #openLink: OpenLink;
  readonly #connections: { next(): number };
  #link: Link | undefined;
  #onlineSince: number | undefined;
  #heardAt: Millis | undefined;
  /** What worked last, or is tried next. */
  #protocol: 4 | 5 = 5;
  #failures = 0;
  #lastReason = '';
  #cancelPause = () => {};
  #stopped = false;

  constructor(config: BrokerConfig, handlers: BrokerHandlers, parts: BrokerParts, openLink: OpenLink) {
    this.#config = config;
    this.#handlers = handlers;
    this.#parts = parts;
    this.#openLink = openLink;
    this.#connections = parts.connections ?? counter();
  }

  get url(): string {
    return this.#config.url;
  }

  get online(): boolean {
    return this.#onlineSince !== undefined;
  }

  get heardAt(): Millis | undefined {
    return this.#heardAt;
  }

  start(): void {
    if (!this.#link && !this.#stopped) this.#attempt();
  }

  publish(message: Outgoing): Promise<boolean> {
    return this.#link && this.online ? this.#link.publish(message) : Promise.resolve(false);
  }

  async stop(last?: Outgoing): Promise<void> {
    this.#stopped = true;
    this.#cancelPause();
    await this.#link?.close(this.online ? last : undefined);
    this.#onlineSince = undefined;
    this.#link = undefined;
  }

  #attempt(): void {
    const connection = this.#connections.next();
    const protocol = this.#protocol;
    const { clock, log } = this.#parts;
    const options = {
      config: this.#config,
      protocol,
      will: this.#handlers.will?.(connection),
      subscriptions: this.#handlers.subscriptions(),
      clock,
      log,
    };
    this.#link = this.#openLink(options, {
      heard: () => {
        this.#heardAt = clock.monotonic();
      },
      online: (refused) => this.#online(connection, protocol, refused),
      message: (topic, payload, retained) => this.#message(topic, payload, retained),
      ended: (end) => this.#ended(end, protocol),
    });
  }

  #online(connection: number, protocol: 4 | 5, refused: string[]): void {
    this.#onlineSince = this.#parts.clock.monotonic();
    this.#lastReason = '';
    const { log } = this.#parts;
    log.info({ broker: this.url, connection, mqtt: protocol === 5 ? '5' : '3.1.1' }, 'connected to the broker');
    if (refused.length > 0) log.warn({ refused }, 'the broker denies us subscriptions: orders there will not be heard');
    this.#guard('online', () => this.#handlers.online({ connection, protocol, refused }));
  }

  #message(topic: string, payload: Uint8Array, retained: boolean): void {
    if (this.#stopped) return;
    if (payload.byteLength > MAX_PAYLOAD_BYTES) {
      this.#guard('tooLarge', () => this.#handlers.tooLarge?.(topic, payload.byteLength));
      return;
    }
    this.#guard('message', () => this.#handlers.message(topic, payload, retained));
  }

  #ended(end: LinkEnd, protocol: 4 | 5): void {
    const lastedMs = this.#onlineSince === undefined ? 0 : this.#parts.clock.monotonic() - this.#onlineSince;
    this.#link = undefined;
    this.#onlineSince = undefined;
    if (this.#stopped) return;
    // A broker that said it does not know MQTT 5 is there and waiting: ask in the older version at once.
    const older = end.kind === 'version' && protocol === 5;
    if (!older) this.#tell(end.reason);
    // Only a session that lasted counts as recovered: two agents that kick each other must back off too.
    this.#failures = lastedMs >= LONGEST_PAUSE_MS ? 0 : this.#failures + 1;
    if (end.kind !== 'other') this.#protocol = protocol === 5 ? 4 : 5;
    if (older) this.#attempt();
    else this.#pause();
  }

  /** Full jitter, so that a thousand racks do not come back to a restarted broker in step. */
  #pause(): void {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, this.#failures - 1));
    const pauseMs = this.#parts.random() * longest;
    this.#cancelPause = this.#parts.clock.after('broker reconnect', pauseMs, () => this.#attempt());
  }

  #tell(reason: string): void {
    const level = reason === this.#lastReason ? 'debug' : 'warn';
    this.#lastReason = reason;
    this.#parts.log[level]({ reason }, 'not connected to the broker');
    this.#guard('offline', () => this.#handlers.offline(reason));
  }

  /** A handler that fails must not take the session with it. */
  #guard(handler: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#parts.log.error({ error, handler }, 'a broker handler failed');
    }
  }
}

function counter(): { next(): number } {
  let last = 0;
  return { next: () => ++last };
}
