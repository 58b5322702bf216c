/**
 * One wire with Modbus units on it, and its one queue: one request at a time, controls before reads. Connects when it
 * is first needed and again when the connection was lost.
 */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { Clock, Log } from '../contract.ts';
import type { AdapterErrorKind } from '../errors.ts';
import { AdapterError } from '../errors.ts';
import type { Urgency } from '../transport/wire-queue.ts';
import { WireQueue } from '../transport/wire-queue.ts';
import type { BusCounters } from './counters.ts';
import { zeroCounters } from './counters.ts';
import type { Request, Table } from './frames.ts';
import type { Framing } from './framing.ts';
import type { Answer } from './link.ts';
import { Link } from './link.ts';

export type ModbusBusOptions = {
  /** The bus's id in the config, for messages. */
  id: string;
  /** Opens the wire, or throws `AdapterError('unreachable')`; ends soon after its signal aborts. */
  connect(signal: AbortSignal): Promise<Duplex>;
  framing: Framing;
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
  log: Log;
  /** Allowed for connecting, and again for each reply. */
  timeoutMs: Millis;
};

/** Words 0 to 65535 or bits 0 and 1, and when they arrived on the monotonic clock. */
export type BusReading = { values: number[]; mono: Millis };

/** Whether a write reduces the power drawn; see `WireQueue`. */
export type WriteUrgency = Exclude<Urgency, 'read'>;

/** Reads fail at once between attempts to connect, so that a dead gateway does not hold up a tick. */
const retry = { firstMs: 500, maxMs: 10_000 };
/** After this many time-outs without one byte from the other end the connection is taken for half-open. */
const deafAfterTimeouts = 3;

/**
 * All requests reject with an `AdapterError`: `unreachable` without a connection, `timedOut` without a reply,
 * `unsupported` for exceptions 1 and 2, `refused` for the others of the device, `malformed` for what is not Modbus; with
 * `Preempted` when a control took the wire; or with the reason of the caller's signal.
 */
export class ModbusBus {
  readonly id: string;
  readonly #options: ModbusBusOptions;
  readonly #queue = new WireQueue();
  readonly #counters = zeroCounters();
  #link: Link | undefined;
  #connections = 0;
  #transaction = 0;
  /** Attempts to connect since a reply last came. */
  #attempts = 0;
  #retryAt: Millis = 0;
  #whyDown: unknown;

  constructor(options: ModbusBusOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** A copy, at this moment. */
  get counters(): BusCounters {
    return { ...this.#counters };
  }

  /** Opens the wire ahead of the first request. Never throws: a dead wire stays cold until it is asked for. */
  start(): void {
    this.#queue
      .run('read', (signal) => this.#openLink('read', signal))
      .catch((error: unknown) => this.#options.log.debug({ bus: this.id, error }, 'the bus starts cold'));
  }

  /** Settles every request, waiting or in flight, with `unreachable`, and closes the wire for good. */
  async stop(): Promise<void> {
    this.#queue.stop(this.#error('unreachable', 'stopped'));
    await this.#link?.stop('stopped');
  }

  /** Reads `count` bits or words of a unit, 0 to 255, from a zero-based address. */
  async read(unit: number, table: Table, address: number, count: number, signal?: AbortSignal): Promise<BusReading> {
    const values = await this.#request('read', unit, { kind: 'read', table, address, count }, signal);
    return { values, mono: this.#options.clock.monotonic() };
  }

  async writeCoil(
    unit: number,
    address: number,
    on: boolean,
    urgency: WriteUrgency,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#request(urgency, unit, { kind: 'writeCoil', address, on }, signal);
  }

  async writeCoils(
    unit: number,
    address: number,
    on: readonly boolean[],
    urgency: WriteUrgency,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#request(urgency, unit, { kind: 'writeCoils', address, on }, signal);
  }

  async writeRegister(
    unit: number,
    address: number,
    value: number,
    urgency: WriteUrgency,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#request(urgency, unit, { kind: 'writeRegister', address, value }, signal);
  }

  async writeRegisters(
    unit: number,
    address: number,
    values: readonly number[],
    urgency: WriteUrgency,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#request(urgency, unit, { kind: 'writeRegisters', address, values }, signal);
  }

  async #request(urgency: Urgency, unit: number, request: Request, signal?: AbortSignal): Promise<number[]> {
    const answer = await this.#queue.run(urgency, (job) => this.#exchange(urgency, unit, request, job), signal);
    switch (answer.kind) {
      case 'done':
        return answer.values;
      case 'exception':
        throw this.#error(
          exceptionKinds[answer.code] ?? 'refused',
          `unit ${unit}: exception ${answer.code}, ${answer.name}`,
          {
            code: answer.code,
          },
        );
      case 'malformed':
        throw this.#error('malformed', `unit ${unit}: ${answer.why}`);
    }
  }

  async #exchange(urgency: Urgency, unit: number, request: Request, signal: AbortSignal): Promise<Answer> {
    const link = await this.#openLink(urgency, signal);
    const transaction = this.#nextTransaction();
    const late = () => {
      this.#counters.timeouts += 1;
      return this.#error('timedOut', `unit ${unit} did not answer within ${this.#options.timeoutMs} ms`);
    };
    const answer = await this.#within(signal, late, (allowed) => link.exchange(transaction, unit, request, allowed));
    this.#attempts = 0;
    this.#retryAt = 0;
    return answer;
  }

  /** The open connection, or a new one. A control tries at once; a read waits out the pause between attempts. */
  async #openLink(urgency: Urgency, signal: AbortSignal): Promise<Link> {
    const { id, clock, log, timeoutMs } = this.#options;
    if (this.#link && this.#link.unheardMs >= deafAfterTimeouts * timeoutMs) await this.#link.stop('went silent');
    if (this.#link && !this.#link.broken) return this.#link;
    this.#whyDown = this.#link?.broken ?? this.#whyDown;
    this.#link = undefined;
    const pauseMs = this.#retryAt - clock.monotonic();
    if (urgency === 'read' && pauseMs > 0) {
      throw this.#error('unreachable', `down, next attempt in ${Math.ceil(pauseMs)} ms`, { cause: this.#whyDown });
    }
    this.#retryAt = clock.monotonic() + Math.min(retry.maxMs, retry.firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    try {
      this.#link = await this.#connect(signal);
      return this.#link;
    } catch (error) {
      this.#whyDown = error;
      if (this.#attempts === 1) log.warn({ bus: id, error }, 'bus cannot connect');
      throw error;
    }
  }

  async #connect(signal: AbortSignal): Promise<Link> {
    const { id, clock, connect, framing, log, timeoutMs } = this.#options;
    const late = () => this.#error('unreachable', `no connection within ${timeoutMs} ms`);
    const stream = await this.#within(signal, late, connect);
    if (signal.aborted) {
      stream.destroy();
      throw signal.reason;
    }
    if (this.#connections > 0) this.#counters.reconnects += 1;
    this.#connections += 1;
    log.info({ bus: id, connections: this.#connections, after: this.#whyDown }, 'bus connected');
    const link = new Link({ id, stream, framing, clock, counters: this.#counters });
    link.start();
    return link;
  }

  /**
   * Runs `work` with a signal that aborts when `signal` does, or with what `late` makes after the time allowed.
   * Leaves no timer behind.
   */
  async #within<T>(
    signal: AbortSignal,
    late: () => AdapterError,
    work: (allowed: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timer = new AbortController();
    const expiry = new AbortController();
    const ended = () => {};
    const expire = () => {
      if (!timer.signal.aborted) expiry.abort(late());
    };
    this.#options.clock.sleep(this.#options.timeoutMs, timer.signal).then(expire, ended);
    try {
      return await work(AbortSignal.any([signal, expiry.signal]));
    } finally {
      timer.abort();
    }
  }

  /** Goes on across connections, so that no gateway can answer a new connection with an old one's reply. */
  #nextTransaction(): number {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    return this.#transaction;
  }

  #error(kind: AdapterErrorKind, what: string, detail: { code?: number; cause?: unknown } = {}): AdapterError {
    return new AdapterError(kind, `bus ${this.id}: ${what}`, detail);
  }
}

/** 10 and 11 are a gateway's own words: the unit behind it was not asked, or said nothing. */
const exceptionKinds: Record<number, AdapterErrorKind> = {
  1: 'unsupported',
  2: 'unsupported',
  10: 'unreachable',
  11: 'timedOut',
};
