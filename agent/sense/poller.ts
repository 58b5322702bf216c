/** Reads one source again and again, never twice at once, and counts how it goes. */
import type { Clock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';

export type PollCounts = { reads: number; failures: number; lastMs: Millis | undefined };

export type PollerParts = {
  readonly name: string;
  readonly periodMs: Millis;
  readonly clock: Clock;
  /** Reads and hands on what it saw; its rejection is counted and goes to `failed`. */
  read(signal: AbortSignal): Promise<void>;
  failed(error: unknown): void;
};

export class Poller {
  readonly counts: PollCounts = { reads: 0, failures: 0, lastMs: undefined };
  readonly #parts: PollerParts;
  #stopTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #abort = new AbortController();

  constructor(parts: PollerParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  start(): void {
    const { clock, name, periodMs } = this.#parts;
    this.#stopTimer = clock.every(`poll ${name}`, periodMs, () => this.#due());
    this.#due();
  }

  async stop(): Promise<void> {
    this.#stopTimer?.();
    this.#again = false;
    this.#abort.abort(new Error('the agent stops'));
    await this.#running;
  }

  /** Reads now, or once more right after the read in flight: that one may have begun too early to see the change. */
  poke(): void {
    if (this.#running) this.#again = true;
    else this.#due();
  }

  #due(): void {
    // A source slower than its period is read as often as it can be, not in parallel with itself.
    if (this.#running || this.#abort.signal.aborted) return;
    this.#running = this.#once().then(() => {
      this.#running = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.#due();
    });
  }

  async #once(): Promise<void> {
    const { clock, read, failed } = this.#parts;
    const begun = clock.monotonic();
    try {
      await read(this.#abort.signal);
    } catch (error) {
      this.counts.failures++;
      if (!this.#abort.signal.aborted) failed(error);
    }
    this.counts.reads++;
    this.counts.lastMs = clock.monotonic() - begun;
  }
}
