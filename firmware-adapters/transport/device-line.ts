/**
 * The line to one device: its queue, what is fetched ahead of a fast control and kept fresh, and who is at the other
 * end for as long as that is sure.
 */
import type { Millis } from '#protocol/units.ts';
import type { Ack, Clock, Identity, Log } from '../contract.ts';
import { AdapterError, Preempted } from '../errors.ts';
import { KeepWarm } from './keep-warm.ts';
import type { Urgency } from './wire-queue.ts';
import { WireQueue } from './wire-queue.ts';

export type LineParts = {
  clock: Pick<Clock, 'sleep'>;
  log: Log;
  /** Milliseconds from one warming to the next. */
  renewMs: Millis;
  identify(signal: AbortSignal): Promise<Identity>;
  /** Fetches what else a control needs ahead of time. */
  prepare(signal: AbortSignal): Promise<unknown>;
};

export class DeviceLine {
  readonly #parts: LineParts;
  readonly #queue = new WireQueue();
  readonly #warmth: KeepWarm;
  #identity: Identity | undefined;

  constructor(parts: LineParts) {
    const { clock, log, renewMs } = parts;
    this.#parts = parts;
    this.#warmth = new KeepWarm({ warm: (signal) => this.#warm(signal), renewMs, queue: this.#queue, clock, log });
  }

  start(): void {
    this.#warmth.start();
  }

  /** Drops what runs and waits, with `Preempted`, and refuses what comes later. */
  async stop(): Promise<void> {
    this.#queue.stop(new Preempted('the end of the session'));
    await this.#warmth.stop();
  }

  /** From memory while the line is warm: at most `renewMs` old, and never from before the device was out of reach. */
  async identify(signal?: AbortSignal): Promise<Identity> {
    return this.#identity ?? (await this.run('read', (abort) => this.#parts.identify(abort), signal));
  }

  /** As `WireQueue.run`. */
  run<T>(urgency: Urgency, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const watched = (abort: AbortSignal) =>
      work(abort).catch((error: unknown) => {
        // Another device may come up at an address that was dead.
        if (error instanceof AdapterError && error.kind === 'unreachable') this.#identity = undefined;
        throw error;
      });
    return this.#queue.run(urgency, watched, signal);
  }

  async #warm(signal: AbortSignal): Promise<void> {
    this.#identity = undefined;
    this.#identity = await this.#parts.identify(signal);
    await this.#parts.prepare(signal);
  }
}

/** Of a reboot: some builds go down before they answer, and then the closed connection is the answer. */
export async function acceptClosing(reboot: Promise<Ack>, settleMs: Millis): Promise<Ack> {
  try {
    return await reboot;
  } catch (error) {
    if (!(error instanceof AdapterError) || error.code !== 'closed') throw error;
    return { said: 'closed the connection', settleMs };
  }
}
