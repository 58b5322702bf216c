/**
 * The record of each event, from receipt to meter samples: kept on disk while it grows, signed by the rack and chained
 * by hash to the record before it when it is complete.
 */
import { createHash } from 'node:crypto';
import type { Journal } from '#agent/platform/store.ts';
import type { Now } from '#agent/state/observation.ts';
import { canonicalBytes } from '#protocol/canonical.ts';
import { parseJson } from '#protocol/json.ts';
import type { RackEvent } from '#protocol/lifecycle.ts';
import type { Signature } from '#protocol/signing.ts';
import type { Evidence } from '#protocol/telemetry.ts';
import { evidence as evidenceSchema } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis, Watts } from '#protocol/units.ts';

/** Adds the rack's own signature. */
export type Seal = <T extends object>(message: T) => Promise<T & { signature: Signature }>;

type Open = Omit<Evidence, 'v' | 'at' | 'prev_hash' | 'signature'>;
/** Every `stride`th sample is kept. */
type Growing = Open & { stride: number; skipped: number };
export type Sample = { readonly powerW: Watts | undefined; readonly ageMs: Millis | undefined };

/** Samples of one event that are kept; a longer event keeps every second, fourth ... of them. */
const MOST_SAMPLES = 600;
/**
 * Steps and orders of one event that are kept, as many of its beginning as of its end: a setpoint that is renewed every
 * 2 s takes 300,000 steps a day. With the samples they make a packet below the 128 KiB that AWS IoT takes.
 */
const MOST_STEPS = 200;
const MOST_ORDERS = 100;
/** Steps of an event that are written down as they come. One that is renewed on and on is saved from time to time. */
const PROMPT_STEPS = 20;
const HEAD = 'evidence-head';
/** An event's record, growing, or complete until it has been sent. */
const RECORD = 'evidence-open/';

const openSchema = evidenceSchema.omit({ v: true, at: true, prev_hash: true, signature: true });

export class EvidenceKeeper {
  readonly #journal: Journal;
  readonly #rack: string;
  readonly #seal: Seal;
  readonly #open = new Map<string, Growing>();
  /** Complete records of the process before this one, which may not have been sent. */
  readonly #unsent = new Map<string, Evidence>();
  #head: string | null = null;
  #closing: Promise<unknown> = Promise.resolve();

  constructor(journal: Journal, rack: string, seal: Seal) {
    this.#journal = journal;
    this.#rack = rack;
    this.#seal = seal;
  }

  restore(rows: ReadonlyMap<string, string>): void {
    this.#head = rows.get(HEAD) ?? null;
    for (const [row, body] of rows) {
      if (row.startsWith(RECORD)) this.#restore(row.slice(RECORD.length), parseJson(body));
    }
  }

  /** The events whose records grow. */
  get growing(): string[] {
    return [...this.#open.keys()];
  }

  /** Adds a step; the first one of an event opens its record. */
  step(key: string, step: RackEvent, order: { id: string; digest: string } | undefined, baseline: Baseline): void {
    const { event, issuer, program } = step;
    if (event === null || issuer === null || program === null) return;
    const record = this.#open.get(key) ?? this.#begin(key, event, issuer, program);
    record.steps.push(step);
    record.steps_left_out += keepEnds(record.steps, MOST_STEPS);
    if (baseline) Object.assign(record, { baseline_w: baseline.watts, baseline_method: baseline.method });
    if (order && !record.orders.some((each) => each.order === order.id)) {
      record.orders.push({ order: order.id, digest: order.digest });
      record.orders_left_out += keepEnds(record.orders, MOST_ORDERS);
    }
    if (record.steps.length <= PROMPT_STEPS) this.#write(key, record).catch(() => {});
  }

  /** Adds the meter's word to every open record. */
  sample({ powerW, ageMs }: Sample, now: Now): void {
    for (const record of this.#open.values()) {
      if (record.skipped++ % record.stride !== 0) continue;
      record.samples.push([
        timestampOf(now.wall),
        powerW === undefined ? null : Math.round(powerW),
        ageMs === undefined ? null : Math.round(ageMs),
      ]);
      if (record.samples.length < MOST_SAMPLES) continue;
      record.samples = record.samples.filter((_sample, i) => i % 2 === 0);
      record.stride *= 2;
    }
  }

  /** Writes the open records down, so that a restart goes on with them. */
  async save(): Promise<void> {
    await Promise.all([...this.#open].map(([key, record]) => this.#write(key, record)));
  }

  /** Closes the record of an event; undefined when there is none. */
  close(key: string, now: Now): Promise<Evidence | undefined> {
    const record = this.#open.get(key);
    this.#open.delete(key);
    if (!record) return Promise.resolve(undefined);
    // One after the other: each holds the hash of the one before, and two events may end at once.
    const closed = this.#closing.then(() => this.#complete(key, stripped(record), now));
    this.#closing = closed.catch(() => {});
    return closed;
  }

  /** Complete records that may not have been sent, each once, by event. */
  takeUnsent(): [string, Evidence][] {
    const unsent = [...this.#unsent];
    this.#unsent.clear();
    return unsent;
  }

  /** The complete record of an event is in safe hands, and no longer kept. */
  async sent(key: string): Promise<void> {
    if (!this.#open.has(key)) await this.#journal.remove(RECORD + key);
  }

  async #complete(key: string, record: Open, now: Now): Promise<Evidence> {
    const complete = await this.#seal({ v: 1 as const, at: timestampOf(now.wall), ...record, prev_hash: this.#head });
    this.#head = hashOf(complete);
    // A disk that fails has its own alarm; the record goes out all the same.
    await Promise.allSettled([
      this.#journal.put(RECORD + key, JSON.stringify(complete)),
      this.#journal.put(HEAD, this.#head),
    ]);
    return complete;
  }

  #restore(key: string, body: unknown): void {
    const complete = evidenceSchema.safeParse(body);
    if (complete.success) {
      this.#unsent.set(key, complete.data);
      // Killed between the two rows.
      if (complete.data.prev_hash === this.#head) this.#head = hashOf(complete.data);
      return;
    }
    const growing = openSchema.safeParse(body);
    if (growing.success) this.#open.set(key, { ...growing.data, stride: 1, skipped: 0 });
  }

  #write(key: string, record: Growing): Promise<void> {
    return this.#journal.put(RECORD + key, JSON.stringify(stripped(record)));
  }

  #begin(key: string, event: string, issuer: string, program: string): Growing {
    const record: Growing = {
      rack: this.#rack,
      event,
      issuer,
      program,
      orders: [],
      orders_left_out: 0,
      baseline_w: null,
      baseline_method: null,
      steps: [],
      steps_left_out: 0,
      samples: [],
      stride: 1,
      skipped: 0,
    };
    this.#open.set(key, record);
    return record;
  }
}

type Baseline = { readonly watts: Watts; readonly method: string } | null | undefined;

function hashOf(record: Evidence): string {
  return createHash('sha256').update(canonicalBytes(record)).digest('hex');
}

/** Takes what is too much out of the middle. @returns how many. */
function keepEnds(list: unknown[], most: number): number {
  return list.splice(most / 2, Math.max(0, list.length - most)).length;
}

function stripped({ stride: _stride, skipped: _skipped, ...record }: Growing): Open {
  return record;
}
