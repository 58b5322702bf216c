/**
 * When the next request may go out on a wire whose replies do not say which request they answer. Only time keeps a
 * reply that comes late, twice or by halves from being taken for the next answer.
 */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import type { TurnTimes } from './framing.ts';

export type Turn = { transaction: number; unit: number; functionCode: number };

type Asked = Turn & { at: Millis };
type GivenUp = Asked & { givenUpAt: Millis };

/** A pause that ends so much too late: this process was busy, and what came in meanwhile may not have been read yet. */
const OVERSLEPT_MS: Millis = 5;

export class Turns {
  readonly #times: TurnTimes;
  readonly #lateMs: Millis;
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>;
  #asked: Asked | undefined;
  #givenUp: GivenUp[] = [];
  #heardAt: Millis = Number.NEGATIVE_INFINITY;
  #pause = new AbortController();

  /** A reply is thought possible until twice `timeoutMs` after its request. */
  constructor(times: TurnTimes, timeoutMs: Millis, clock: Pick<Clock, 'monotonic' | 'sleep'>) {
    this.#times = times;
    this.#lateMs = 2 * timeoutMs;
    this.#clock = clock;
  }

  /** Resolves when the wire is free for this request, after at least one gap in which nothing was heard. */
  async next(turn: Turn, signal: AbortSignal): Promise<void> {
    let since = this.#clock.monotonic();
    for (let dueAt = this.#dueAt(turn, since); dueAt > this.#clock.monotonic(); dueAt = this.#dueAt(turn, since)) {
      await this.#sleepUntil(dueAt, signal);
      const now = this.#clock.monotonic();
      if (now - dueAt > OVERSLEPT_MS) since = now;
    }
    this.#asked = { ...turn, at: this.#clock.monotonic() };
  }

  /** Bytes came in, of whatever kind. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  /** Nobody waits for the reply of this request any longer, but it may still come. */
  gaveUp(transaction: number): void {
    if (this.#asked?.transaction !== transaction) return;
    this.#givenUp.push({ ...this.#asked, givenUpAt: this.#clock.monotonic() });
  }

  /** The reply of a request that was given up came after all: it need not be feared any more. */
  answered(transaction: number): void {
    this.#givenUp = this.#givenUp.filter((each) => each.transaction !== transaction);
    this.#pause.abort();
  }

  #dueAt(turn: Turn, since: Millis): Millis {
    const { gapMs, turnaroundMs } = this.#times;
    const now = this.#clock.monotonic();
    this.#givenUp = this.#givenUp.filter(({ at }) => at + this.#lateMs > now);
    const feared = this.#givenUp.map((each) =>
      couldAnswer(each, turn) ? each.at + this.#lateMs : each.givenUpAt + turnaroundMs,
    );
    return Math.max(since + gapMs, this.#heardAt + gapMs, ...feared);
  }

  async #sleepUntil(dueAt: Millis, signal: AbortSignal): Promise<void> {
    this.#pause = new AbortController();
    try {
      await this.#clock.sleep(
        Math.max(0, dueAt - this.#clock.monotonic()),
        AbortSignal.any([signal, this.#pause.signal]),
      );
    } catch {
      signal.throwIfAborted();
    }
  }
}

/** Of two units, or of two functions, the replies differ in their first two bytes. */
function couldAnswer(earlier: Turn, turn: Turn): boolean {
  return earlier.unit === turn.unit && earlier.functionCode === turn.functionCode;
}
