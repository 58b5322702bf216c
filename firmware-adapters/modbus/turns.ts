/**
 * Whose turn it is on a wire whose replies do not say which request they answer. A reply that comes late or twice must
 * not pass for the next answer; only time, and what it says, can tell it.
 */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import type { TurnTimes } from './framing.ts';

/** One request, from when it may go out. */
export type Turn = { transaction: number; unit: number; pdu: Buffer };

type Asked = Turn & { at: Millis };
/**
 * A reply that may still be on its way:
 * - `unanswered`: to a request that was given up
 * - `copied`: to a request that seems to have been answered by a copy of the reply before, and is asked again
 * - `behind`: the same, but the copy was as good; only other requests must wait
 */
type Doubt = {
  kind: 'unanswered' | 'copied' | 'behind';
  asked: Asked;
  /** What it could pass for must wait until then; all others until `turnaroundAt`. */
  until: Millis;
  turnaroundAt: Millis;
};

export class Turns {
  readonly #times: TurnTimes;
  readonly #lateMs: Millis;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #freed: () => void;
  #asked: Asked | undefined;
  #last: { asked: Asked; reply: Buffer; at: Millis } | undefined;
  #doubts: Doubt[] = [];
  #heardAt: Millis = Number.NEGATIVE_INFINITY;

  /**
   * A reply is thought possible until twice `timeoutMs` after its request, or `times.lateMs`. `freed` is called when the
   * wire may be free sooner than it was thought.
   */
  constructor(times: TurnTimes, timeoutMs: Millis, clock: Pick<Clock, 'monotonic'>, freed: () => void) {
    this.#times = times;
    this.#lateMs = Math.max(2 * timeoutMs, times.lateMs ?? 0);
    this.#clock = clock;
    this.#freed = freed;
  }

  get gapMs(): Millis {
    return this.#times.gapMs;
  }

  /** When the wire is free for this request: after at least one gap, from `since` on, in which nothing was heard. */
  dueAt(turn: Pick<Turn, 'unit' | 'pdu'>, since: Millis): Millis {
    const { gapMs } = this.#times;
    this.#forget();
    const feared = this.#doubts.map((doubt) => (mustWait(doubt, turn) ? doubt.until : doubt.turnaroundAt));
    return Math.max(since + gapMs, this.#heardAt + gapMs, ...feared);
  }

  /** The request goes out now. */
  begin(turn: Turn): void {
    this.#asked = { ...turn, at: this.#clock.monotonic() };
  }

  /** Bytes came in, of whatever kind, or may have come in unread. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  /**
   * Whether the request is answered. A reply that repeats the one just before, word for word but to another request, is
   * more likely a second copy of that one, held up in an adapter or a busy process: the request is to be asked again.
   */
  isAnswered(reply: Buffer): boolean {
    const now = this.#clock.monotonic();
    const [asked, last] = [this.#asked, this.#last];
    if (!asked) return true;
    this.#last = { asked, reply, at: now };
    if (!last || asked.at - last.at >= this.#times.turnaroundMs || !couldAnswer(last.asked, asked)) return true;
    const isCopy = reply.equals(last.reply);
    const isSameRequest = asked.pdu.equals(last.asked.pdu);
    const until = now + this.#times.turnaroundMs;
    if (isCopy && !isSameRequest) {
      this.#doubt({ kind: 'copied', asked, until, turnaroundAt: now });
      return false;
    }
    // Who is one reply behind stays so until there is a pause: the next ones need not be copies any more.
    const isBehind = isSameRequest && (isCopy || this.#doubts.some(({ kind }) => kind === 'behind'));
    if (isBehind) this.#doubt({ kind: 'behind', asked, until, turnaroundAt: now });
    return true;
  }

  /** Nobody waits for the reply of this request any longer, but it may still come. */
  gaveUp(transaction: number): void {
    const asked = this.#asked;
    if (asked?.transaction !== transaction) return;
    const turnaroundAt = this.#clock.monotonic() + this.#times.turnaroundMs;
    this.#doubt({ kind: 'unanswered', asked, until: asked.at + this.#lateMs, turnaroundAt });
  }

  /** A reply came for a request that was given up, or already answered by a copy: it need not be feared any more. */
  cameLate(transaction: number): void {
    this.#doubts = this.#doubts.filter(({ asked }) => asked.transaction !== transaction);
    this.#freed();
  }

  #doubt(doubt: Doubt): void {
    this.#forget();
    this.#doubts.push(doubt);
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    this.#doubts = this.#doubts.filter(({ until }) => until > now);
  }
}

function mustWait({ kind, asked }: Doubt, turn: Pick<Turn, 'unit' | 'pdu'>): boolean {
  return couldAnswer(asked, turn) && !(kind === 'behind' && asked.pdu.equals(turn.pdu));
}

/** Of two units, or of two functions, the replies differ in their first two bytes. */
function couldAnswer(earlier: Turn, turn: Pick<Turn, 'unit' | 'pdu'>): boolean {
  return earlier.unit === turn.unit && earlier.pdu[0] === turn.pdu[0];
}
