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

/** Between the starts of two reads at the least: a source that is slow to obey is looked at often, not hammered. */
const LEAST_APART_MS: Millis = 200;

export class Poller {
  readonly counts: PollCounts = { reads: 0, failures: 0, lastMs: undefined };
  readonly #parts: PollerParts;
  #stopTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #begunAt = Number.NEGATIVE_INFINITY;
  #cancelPoke: (() => void) | undefined;
  #abort = new AbortController();

  constructor(parts: PollerParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  /** Reads at once, again after `share` (0 to 1) of a period, and from then on once a period. */
  start(share = 1): void {
    const { clock, name, periodMs } = this.#parts;
    this.#due();
    this.#stopTimer = clock.after(`poll ${name}`, share * periodMs, () => {
      this.#stopTimer = clock.every(`poll ${name}`, periodMs, () => this.#due());
      this.#due();
    });
  }

  async stop(): Promise<void> {
    this.#stopTimer?.();
    this.#cancelPoke?.();
    this.#again = false;
    this.#abort.abort(new Error('the agent stops'));
    await this.#running;
  }

  /** Reads soon, and once more after the read in flight: that one may have begun too early to see the change. */
  poke(): void {
    if (this.#running) {
      this.#again = true;
      return;
    }
    const waitMs = this.#begunAt + LEAST_APART_MS - this.#parts.clock.monotonic();
    if (waitMs <= 0) this.#due();
    else this.#cancelPoke ??= this.#parts.clock.after(`poke ${this.name}`, waitMs, () => this.#due());
  }

  #due(): void {
    // A source slower than its period is read as often as it can be, not in parallel with itself.
    if (this.#running || this.#abort.signal.aborted) return;
    this.#cancelPoke?.();
    this.#cancelPoke = undefined;
    this.#running = this.#once().then(() => {
      this.#running = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.poke();
    });
  }

  async #once(): Promise<void> {
    const { clock, read, failed } = this.#parts;
    this.#begunAt = clock.monotonic();
    try {
      await read(this.#abort.signal);
    } catch (error) {
      this.counts.failures++;
      if (!this.#abort.signal.aborted) failed(error);
    }
    this.counts.reads++;
    this.counts.lastMs = clock.monotonic() - this.#begunAt;
  }
}
