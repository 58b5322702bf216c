/** One open connection of a bus: sends requests and believes only the reply that belongs to each. */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import type { AdapterErrorKind } from '../errors.ts';
import { AdapterError } from '../errors.ts';
import type { BusCounters } from './counters.ts';
import type { Reply, Request } from './frames.ts';
import { encodeRequest, parseReply } from './frames.ts';
import type { Codec, Frame, Framing } from './framing.ts';
import type { Turns } from './turns.ts';

/** A reply that belongs to its request, or a copy of the one before: then the request must be sent again. */
export type Answer = Exclude<Reply, { kind: 'foreign' }> | { kind: 'copy' };

type Waiting = { unit: number; request: Request; settle(outcome: Answer | AdapterError): void };

export type LinkParts = {
  /** The bus's id in the config, for messages. */
  id: string;
  /** Connected. The link closes it. */
  stream: Duplex;
  framing: Framing;
  /** Of the bus: they outlast the connection. */
  turns?: Turns | undefined;
  clock: Pick<Clock, 'monotonic'>;
  counters: BusCounters;
};

export class Link {
  readonly #parts: LinkParts;
  readonly #codec: Codec;
  readonly #closed = Promise.withResolvers<void>();
  /** By transaction. */
  readonly #waiting = new Map<number, Waiting>();
  #lastTransaction = 0;
  #sent = 0;
  #unheardMs: Millis = 0;
  /** Up to when waiting has been counted in it. */
  #unheardUntil: Millis = 0;
  #broken: AdapterError | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#codec = parts.framing.codec(parts.counters);
  }

  start(): void {
    const { stream } = this.#parts;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('end', () => this.#break('unreachable', 'the device closed the connection'));
    stream.on('error', (cause) => this.#break('unreachable', cause.message, { cause }));
    stream.on('close', () => {
      this.#break('unreachable', 'the connection closed');
      this.#closed.resolve();
    });
  }

  /** Drops the connection and rejects the requests in flight with `unreachable`. */
  stop(why: string): Promise<void> {
    this.#break('unreachable', why);
    return this.#closed.promise;
  }

  /** Why the connection is of no more use; undefined while it is. */
  get broken(): AdapterError | undefined {
    return this.#broken;
  }

  /** How long requests have waited in vain, together, since the last byte came back. */
  get unheardMs(): Millis {
    return this.#unheardMs;
  }

  /**
   * Sends `request` and waits for its answer, besides others that wait for theirs where the framing tells them apart.
   * Rejects with the signal's reason, or with the `AdapterError` that broke the connection.
   */
  async exchange(transaction: number, unit: number, request: Request, signal: AbortSignal): Promise<Answer> {
    if (this.#broken) throw this.#broken;
    signal.throwIfAborted();
    const bytes = this.#codec.encode({ transaction, unit, pdu: encodeRequest(request) });
    const sentAt = this.#parts.clock.monotonic();
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#waiting.delete(transaction);
        signal.removeEventListener('abort', abort);
      };
      const abort = () => {
        done();
        this.#unheard(sentAt);
        this.#parts.turns?.gaveUp(transaction);
        reject(signal.reason);
      };
      const settle = (outcome: Answer | AdapterError) => {
        done();
        if (!(outcome instanceof AdapterError)) return resolve(outcome);
        this.#parts.turns?.gaveUp(transaction);
        reject(outcome);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.set(transaction, { unit, request, settle });
      this.#send(transaction, bytes);
    });
  }

  #send(transaction: number, bytes: Buffer): void {
    this.#sent += 1;
    this.#lastTransaction = transaction;
    this.#parts.counters.requests += 1;
    this.#parts.stream.write(bytes);
  }

  /** Of requests that waited side by side, the time counts once. */
  #unheard(sentAt: Millis): void {
    const now = this.#parts.clock.monotonic();
    this.#unheardMs += now - Math.max(sentAt, this.#unheardUntil);
    this.#unheardUntil = now;
  }

  #receive(chunk: Buffer): void {
    this.#unheardMs = 0;
    this.#parts.turns?.heard();
    try {
      for (const frame of this.#codec.push(chunk)) this.#match(frame);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      this.#parts.counters.malformed += 1;
      this.#break(error.kind, error.message);
    }
  }

  #match(frame: Frame): void {
    const waiting = this.#waiting.get(frame.transaction);
    if (!waiting) {
      this.#parts.turns?.cameLate(frame.transaction);
      this.#parts.counters[this.#wasSent(frame.transaction) ? 'lateReplies' : 'foreignReplies'] += 1;
      return;
    }
    const reply = parseReply(waiting.request, frame.pdu);
    if (frame.unit !== waiting.unit || reply.kind === 'foreign') {
      this.#parts.counters.foreignReplies += 1;
      return;
    }
    if (this.#parts.turns?.isAnswered(frame.pdu) === false) {
      this.#parts.counters.lateReplies += 1;
      waiting.settle({ kind: 'copy' });
      return;
    }
    if (reply.kind === 'malformed') this.#parts.counters.malformed += 1;
    else this.#parts.counters.replies += 1;
    if (reply.kind === 'exception') this.#parts.counters.exceptions += 1;
    waiting.settle(reply);
  }

  /** Transactions count up and wrap at 16 bits, so the distance back from the last one tells. */
  #wasSent(transaction: number): boolean {
    return ((this.#lastTransaction - transaction) & 0xffff) < this.#sent;
  }

  #break(kind: AdapterErrorKind, why: string, detail: { cause?: unknown } = {}): void {
    if (this.#broken) return;
    this.#broken = new AdapterError(kind, `bus ${this.#parts.id}: ${why}`, detail);
    this.#parts.stream.destroy();
    for (const waiting of [...this.#waiting.values()]) waiting.settle(this.#broken);
  }
}
