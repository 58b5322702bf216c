/**
 * One wire with Modbus units on it, and its one queue: one request at a time, controls before reads. Connects when it
 * is first needed and again when the connection was lost.
 */
import type { Millis } from '#protocol/units.ts';
import type { AdapterErrorKind } from '../errors.ts';
import { AdapterError } from '../errors.ts';
import type { Urgency } from '../transport/wire-queue.ts';
import { WireQueue } from '../transport/wire-queue.ts';
import type { BusCounters } from './counters.ts';
import { zeroCounters } from './counters.ts';
import type { DialerOptions } from './dialer.ts';
import { Dialer } from './dialer.ts';
import type { Request, Table } from './frames.ts';
import { encodeRequest } from './frames.ts';
import type { Answer } from './link.ts';
import { Turns } from './turns.ts';
import { within } from './within.ts';

export type ModbusBusOptions = DialerOptions & {
  /** Units that need a rest between two requests, and how long. */
  unitGapMs?: ReadonlyMap<number, Millis>;
};

/** Words 0 to 65535 or bits 0 and 1, and when they arrived on the monotonic clock. */
export type BusReading = { values: number[]; mono: Millis };

/** Whether a write reduces the power drawn; see `WireQueue`. */
export type WriteUrgency = Exclude<Urgency, 'read'>;

/**
 * All requests reject with an `AdapterError`: `unreachable` without a connection, `timedOut` without a reply,
 * `unsupported` for exceptions 1 and 2, `refused` for the others of the device, `malformed` for what is not Modbus; with
 * `Preempted` when a control took the wire; or with the reason of the caller's signal.
 */
export class ModbusBus {
  readonly id: string;
  readonly #options: ModbusBusOptions;
  readonly #dialer: Dialer;
  readonly #queue = new WireQueue();
  readonly #counters = zeroCounters();
  readonly #turns: Turns | undefined;
  readonly #doneAt = new Map<number, Millis>();
  #transaction = 0;

  constructor(options: ModbusBusOptions) {
    this.id = options.id;
    this.#options = options;
    const { framing, clock, timeoutMs } = options;
    this.#turns = framing.turns && new Turns(framing.turns, timeoutMs, clock);
    this.#dialer = new Dialer(options, this.#counters, this.#turns);
  }

  /** A copy, at this moment. */
  get counters(): BusCounters {
    return { ...this.#counters };
  }

  /** Opens the wire ahead of the first request. Never throws: a dead wire stays cold until it is asked for. */
  start(): void {
    this.#queue
      .run('read', (signal) => this.#dialer.link(false, signal))
      .catch((error: unknown) => this.#options.log.debug({ bus: this.id, error }, 'the bus starts cold'));
  }

  /** Settles every request, waiting or in flight, with `unreachable`, and closes the wire for good. */
  async stop(): Promise<void> {
    this.#queue.stop(this.#error('unreachable', 'stopped'));
    await this.#dialer.stop();
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
    const urgent = urgency !== 'read';
    const answer = await this.#queue.run(urgency, (job) => this.#ask(urgent, unit, request, job), signal);
    if (answer.kind === 'done') return answer.values;
    if (answer.kind === 'malformed') throw this.#error('malformed', `unit ${unit}: ${answer.why}`);
    const { code, name } = answer;
    throw this.#error(exceptionKinds[code] ?? 'refused', `unit ${unit}: exception ${code}, ${name}`, { code });
  }

  async #ask(
    urgent: boolean,
    unit: number,
    request: Request,
    signal: AbortSignal,
  ): Promise<Exclude<Answer, { kind: 'copy' }>> {
    for (;;) {
      const answer = await this.#exchange(urgent, unit, request, signal);
      if (answer.kind !== 'copy') return answer;
    }
  }

  async #exchange(urgent: boolean, unit: number, request: Request, signal: AbortSignal): Promise<Answer> {
    const { clock, timeoutMs } = this.#options;
    const link = await this.#dialer.link(urgent, signal);
    const transaction = this.#nextTransaction();
    await this.#rested(unit, signal);
    await this.#turns?.next({ transaction, unit, pdu: encodeRequest(request) }, signal);
    const late = () => {
      this.#counters.timeouts += 1;
      return this.#error('timedOut', `unit ${unit} did not answer within ${timeoutMs} ms`);
    };
    const exchange = (allowed: AbortSignal) => link.exchange(transaction, unit, request, allowed);
    try {
      const answer = await within(clock, timeoutMs, signal, late, exchange);
      this.#dialer.replied();
      return answer;
    } finally {
      this.#doneAt.set(unit, clock.monotonic());
    }
  }

  /** Some units miss a request that comes too soon after the one before. */
  async #rested(unit: number, signal: AbortSignal): Promise<void> {
    const { clock, unitGapMs } = this.#options;
    const gapMs = unitGapMs?.get(unit) ?? 0;
    const restMs = (this.#doneAt.get(unit) ?? Number.NEGATIVE_INFINITY) + gapMs - clock.monotonic();
    if (restMs > 0) await clock.sleep(restMs, signal);
  }

  /** Goes on across connections, so that no gateway can answer a new connection with an old one's reply. */
  #nextTransaction(): number {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    return this.#transaction;
  }

  #error(kind: AdapterErrorKind, what: string, detail: { code?: number } = {}): AdapterError {
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
