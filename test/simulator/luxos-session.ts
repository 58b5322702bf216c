/** The one session of a LuxOS miner: whoever holds it may change things, until it lets go or falls silent. */
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import { hash } from './noise.ts';

/** The vendor's page on sessions: a minute, from its last use. */
const LIFE_MS: Millis = 60_000;

export class SessionDesk {
  #clock: SimulatorClock;
  #seed: string;
  #issued = 0;
  #id = '';
  #endsMs: Millis = 0;

  constructor({ serial }: { serial: string }, clock: SimulatorClock) {
    this.#clock = clock;
    this.#seed = serial;
  }

  /** The id of the session that stands; empty for none. */
  get id(): string {
    return this.#clock.monotonic() < this.#endsMs ? this.#id : '';
  }

  /** A new id; undefined while another session stands. */
  logon(): string | undefined {
    return this.id === '' ? this.#open(LIFE_MS) : undefined;
  }

  /** Whether that is the session that stands; it lives a minute longer then. */
  use(id: string): boolean {
    if (id === '' || id !== this.id) return false;
    this.#endsMs = Math.max(this.#endsMs, this.#clock.monotonic() + LIFE_MS);
    return true;
  }

  end(): void {
    this.#endsMs = 0;
  }

  /** Another client takes the session, whoever holds it, and keeps it alive until `end`. */
  takenByAnother(): string {
    return this.#open(Number.POSITIVE_INFINITY);
  }

  #open(forMs: Millis): string {
    this.#issued += 1;
    this.#id = hash(`${this.#seed}/${this.#issued}`).toString(36).padStart(8, '0');
    this.#endsMs = this.#clock.monotonic() + forMs;
    return this.#id;
  }
}
