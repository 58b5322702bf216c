/** Keeps a bus connected: hands out the open connection, replaces a dead one, and paces the attempts. */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { Clock, Log } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { within } from '../transport/within.ts';
import type { BusCounters } from './counters.ts';
import type { Framing } from './framing.ts';
import { Link } from './link.ts';
import type { Turns } from './turns.ts';

export type DialerOptions = {
  /** The bus's id in the config, for messages. */
  id: string;
  /** Opens the wire, or throws `AdapterError('unreachable')`; ends soon after its signal aborts. */
  connect(signal: AbortSignal): Promise<Duplex>;
  framing: Framing;
  clock: Pick<Clock, 'monotonic' | 'sleep' | 'after'>;
  log: Log;
  /** Allowed for connecting, and again for each reply. */
  timeoutMs: Millis;
};

/** Between attempts: doubled each time, until a reply comes. An adapter that is plugged in again is back within 5 s. */
const pause = { firstMs: 500, maxMs: 2500 };
/** After this many time-outs without one byte from the other end the connection is taken for half-open. */
const DEAF_AFTER_TIMEOUTS = 3;

export class Dialer {
  readonly #options: DialerOptions;
  readonly #counters: BusCounters;
  readonly #turns: Turns | undefined;
  #link: Link | undefined;
  #connections = 0;
  #attemptsSinceReply = 0;
  #retryAt: Millis = 0;
  #whyDown: unknown;

  constructor(options: DialerOptions, counters: BusCounters, turns: Turns | undefined) {
    this.#options = options;
    this.#counters = counters;
    this.#turns = turns;
  }

  /** The open connection; undefined when it must be opened first. */
  get open(): Link | undefined {
    const link = this.#link;
    return link && !link.broken && !this.#isDeaf(link) ? link : undefined;
  }

  /**
   * The open connection, or a new one. During the pause between two attempts it throws `unreachable` at once, so that a
   * dead gateway does not hold up a tick; `urgent` tries all the same.
   */
  async link(urgent: boolean, signal: AbortSignal): Promise<Link> {
    const { id, clock, log } = this.#options;
    if (this.open) return this.open;
    if (this.#link && !this.#link.broken) await this.#link.stop('went silent');
    this.#whyDown = this.#link?.broken ?? this.#whyDown;
    this.#link = undefined;
    const pauseMs = this.#retryAt - clock.monotonic();
    if (!urgent && pauseMs > 0) {
      throw this.#unreachable(`not connected, next attempt in ${Math.ceil(pauseMs)} ms`, { cause: this.#whyDown });
    }
    this.#retryAt = clock.monotonic() + Math.min(pause.maxMs, pause.firstMs * 2 ** this.#attemptsSinceReply);
    this.#attemptsSinceReply += 1;
    try {
      this.#link = await this.#connect(signal);
      return this.#link;
    } catch (error) {
      this.#whyDown = error;
      const isNews = this.#attemptsSinceReply === 1 && !signal.aborted;
      if (isNews) log.warn({ bus: id, error }, 'bus cannot connect');
      throw error;
    }
  }

  /** A reply came: what is at the other end works, and if it breaks the next attempt need not wait. */
  replied(): void {
    this.#attemptsSinceReply = 0;
    this.#retryAt = 0;
  }

  async stop(): Promise<void> {
    await this.#link?.stop('stopped');
  }

  #isDeaf({ unheardMs }: Link): boolean {
    return unheardMs >= DEAF_AFTER_TIMEOUTS * this.#options.timeoutMs;
  }

  async #connect(signal: AbortSignal): Promise<Link> {
    const { id, clock, connect, framing, log, timeoutMs } = this.#options;
    const late = () => this.#unreachable(`no connection within ${timeoutMs} ms`);
    const stream = await within(clock, timeoutMs, signal, connect, late);
    if (signal.aborted) {
      stream.destroy();
      throw signal.reason;
    }
    if (this.#connections > 0) this.#counters.reconnects += 1;
    this.#connections += 1;
    log.info({ bus: id, connections: this.#connections, after: this.#whyDown }, 'bus connected');
    const link = new Link({ id, stream, framing, turns: this.#turns, clock, counters: this.#counters });
    link.start();
    return link;
  }

  #unreachable(what: string, detail: { cause?: unknown } = {}): AdapterError {
    return new AdapterError('unreachable', `bus ${this.#options.id}: ${what}`, detail);
  }
}
