/**
 * One wire with Modbus units on it, for those that read and switch them. Requests wait in one queue (`wire.ts`): a
 * control goes first and takes the wire from a read, fast points go before slow ones, and a silent unit holds up nobody.
 */
import type { Millis } from '#protocol/units.ts';
import type { AdapterErrorKind } from '../errors.ts';
import { AdapterError } from '../errors.ts';
import type { BusCounters, BusHealth } from './counters.ts';
import { zeroCounters } from './counters.ts';
import type { Request, Table } from './frames.ts';
import type { ReadCost } from './plan-reads.ts';
import type { PollClass } from './register-map.ts';
import type { BusUrgency, WriteUrgency } from './schedule.ts';
import type { WireOptions } from './wire.ts';
import { Wire } from './wire.ts';

export type ModbusBusOptions = WireOptions & {
  /** What one read may take at most, since a write has to wait for it; `LATENCY_MS` unless said. */
  latencyMs?: Millis;
};

/** Words 0 to 65535 or bits 0 and 1, and when they arrived on the monotonic clock. */
export type BusReading = { values: number[]; mono: Millis };

/** Fifty registers at 9600 baud, all that fit into a request from 19200 on. */
export const LATENCY_MS: Millis = 160;

/**
 * All requests reject with an `AdapterError`: `unreachable` without a connection or while the unit is offline,
 * `timedOut` without a reply, `unsupported` for exceptions 1 and 2, `refused` for the others of the device, `malformed`
 * for what is not Modbus; with `Preempted` when a control took the wire; or with the reason of the caller's signal.
 */
export class ModbusBus {
  readonly id: string;
  readonly #options: ModbusBusOptions;
  readonly #counters = zeroCounters();
  readonly #wire: Wire;

  constructor(options: ModbusBusOptions) {
    this.id = options.id;
    this.#options = options;
    this.#wire = new Wire(options, this.#counters);
  }

  /** A copy, at this moment. */
  get counters(): BusCounters {
    return { ...this.#counters };
  }

  get health(): BusHealth {
    const units = [...this.#wire.units];
    const heard = units.filter(({ turnaroundMs }) => turnaroundMs > 0);
    const turnaroundMs = heard.reduce((sum, unit) => sum + unit.turnaroundMs, 0) / Math.max(1, heard.length);
    return {
      ...this.#counters,
      loadPercent: Math.round(100 * this.#wire.load.share(this.#options.clock.monotonic())),
      turnaroundMs: Math.round(turnaroundMs * 10) / 10,
      unitsOffline: units.filter(({ isOffline }) => isOffline).length,
    };
  }

  start(): void {
    this.#wire.start();
  }

  /** Settles every request, waiting or in flight, with `unreachable`, and closes the wire for good. */
  async stop(): Promise<void> {
    await this.#wire.stop(this.#error('unreachable', 'stopped'));
  }

  /** What reads of this unit cost, by what is known of it now. */
  costOf(unit: number): ReadCost {
    const { framing, latencyMs = LATENCY_MS } = this.#options;
    const { requestMs, registerMs } = framing.wire;
    return { requestMs: requestMs + this.#wire.unit(unit).turnaroundMs, registerMs, budgetMs: latencyMs };
  }

  /** Grows when the unit or its connection came back: what it refused before then, it may have by now. */
  recoveriesOf(unit: number): number {
    return this.#wire.unit(unit).recoveries;
  }

  /** Reads `count` bits or words of a unit, 0 to 255, from a zero-based address. */
  async read(
    unit: number,
    table: Table,
    address: number,
    count: number,
    signal?: AbortSignal,
    urgency: PollClass = 'fast',
  ): Promise<BusReading> {
    const values = await this.#request(urgency, unit, { kind: 'read', table, address, count }, signal);
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

  async #request(urgency: BusUrgency, unit: number, request: Request, signal?: AbortSignal): Promise<number[]> {
    // Everyone would obey it, and nobody answer. Over TCP it may mean the device itself, but behind a gateway all.
    if (unit === 0 && request.kind !== 'read') throw new RangeError('unit 0 is the broadcast: it is never written to');
    const answer = await this.#wire.ask(unit, request, urgency, signal);
    if (answer.kind === 'done') return answer.values;
    if (answer.kind === 'malformed') throw this.#error('malformed', `unit ${unit}: ${answer.why}`);
    const { code, name } = answer;
    throw this.#error(exceptionKinds[code] ?? 'refused', `unit ${unit}: exception ${code}, ${name}`, { code });
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
