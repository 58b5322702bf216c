/** What a bus has learned of one of its units: how soon it answers, what rest it needs, and whether it is there. */
import type { Millis } from '#protocol/units.ts';

/** Silent for that long and for that many requests in a row: offline. Either alone may be a bad moment of the wire. */
const offline = { failures: 4, silentMs: 2000 };
/**
 * Until the first probe of an offline unit, and between two: doubled each time, and then at least so many times what the
 * last one cost the bus.
 */
const probes = { firstMs: 1000, maxMs: 10_000, costFactor: 40 };
/** Besides three times what the unit ever needed, when it is asked again after a miss. */
const SPARE_MS: Millis = 100;
/** A unit that misses so many requests of so many, all of them soon after its last answer, is given more rest. */
const restless = { misses: 3, within: 20, forgivenAfter: 2000 };
const gaps = { firstMs: 5, maxMs: 100 };

export class Unit {
  readonly #leastGapMs: Millis;
  #learnedGapMs: Millis = 0;
  #turnaroundMs: Millis | undefined;
  #slowestMs: Millis = 0;
  #failures = 0;
  #silentSince: Millis | undefined;
  #probesInVain = 0;
  #nextProbeAt: Millis = 0;
  #doneAt: Millis = Number.NEGATIVE_INFINITY;
  #restMs: Millis = Number.POSITIVE_INFINITY;
  #missedSoon = false;
  #misses = 0;
  #answersSinceMiss = 0;
  #recoveries = 0;

  /** `leastGapMs`: the rest that is known to be needed. */
  constructor(leastGapMs: Millis) {
    this.#leastGapMs = leastGapMs;
  }

  /** How often it came back, or its connection did. What it refused before then, it may have by now. */
  get recoveries(): number {
    return this.#recoveries;
  }

  get isOffline(): boolean {
    return this.#failures >= offline.failures && this.#silentForMs(this.#doneAt) >= offline.silentMs;
  }

  /** How long it thinks before it answers, by and large; 0 while nothing is known. */
  get turnaroundMs(): Millis {
    return this.#turnaroundMs ?? 0;
  }

  /** When it has rested enough to be asked again. */
  get restedAt(): Millis {
    return this.#doneAt + this.gapMs;
  }

  /** The rest it gets between an answer and the next request. */
  get gapMs(): Millis {
    return Math.max(this.#leastGapMs, this.#learnedGapMs);
  }

  /** How long until it is worth a read: 0 unless it is offline and has been asked in vain a short while ago. */
  notBeforeMs(now: Millis): Millis {
    return this.isOffline ? Math.max(0, this.#nextProbeAt - now) : 0;
  }

  /** How long an answer is waited for: `timeoutMs`, but after a miss no longer than the unit used to need. */
  patienceMs(timeoutMs: Millis, wireMs: Millis): Millis {
    if (this.#failures === 0 || this.#turnaroundMs === undefined) return timeoutMs;
    return Math.min(timeoutMs, wireMs + SPARE_MS + 3 * this.#slowestMs);
  }

  asked(now: Millis): void {
    this.#restMs = now - this.#doneAt;
    this.#silentSince ??= now;
  }

  /** It answered, after having thought for `turnaroundMs`. */
  answered(now: Millis, turnaroundMs: Millis): void {
    if (this.isOffline) this.#recoveries += 1;
    this.#forgive();
    this.#doneAt = now;
    this.#turnaroundMs = (this.#turnaroundMs ?? turnaroundMs) * 0.875 + turnaroundMs * 0.125;
    this.#slowestMs = Math.max(turnaroundMs, this.#slowestMs * 0.99);
    this.#learnGap();
  }

  /** It was waited for in vain, for `waitedMs`. */
  missed(now: Millis, waitedMs: Millis): void {
    this.#missedSoon = this.#failures === 0 && this.#restMs < gaps.maxMs;
    this.#failures += 1;
    this.#doneAt = now;
    if (!this.isOffline) return;
    const pauseMs = Math.min(probes.maxMs, probes.firstMs * 2 ** this.#probesInVain);
    const leastMs = this.#probesInVain === 0 ? 0 : probes.costFactor * waitedMs;
    this.#probesInVain += 1;
    this.#nextProbeAt = now + Math.max(pauseMs, leastMs);
  }

  /** Something else ended the exchange, which says nothing about the unit. */
  leftAlone(now: Millis): void {
    this.#doneAt = now;
  }

  /** The wire is a new one: whoever was silent on the old one is asked as if it had not been. */
  reconnected(): void {
    this.#forgive();
    this.#recoveries += 1;
  }

  #silentForMs(now: Millis): Millis {
    return this.#silentSince === undefined ? 0 : now - this.#silentSince;
  }

  #forgive(): void {
    this.#failures = 0;
    this.#probesInVain = 0;
    this.#silentSince = undefined;
  }

  /** It answered now, after a long rest, what it had missed after a short one: a few of those are no accident. */
  #learnGap(): void {
    this.#answersSinceMiss += 1;
    if (this.#answersSinceMiss > restless.within) this.#misses = 0;
    if (this.#answersSinceMiss > restless.forgivenAfter) this.#setGap(this.#learnedGapMs / 2);
    if (!this.#missedSoon) return;
    this.#missedSoon = false;
    this.#answersSinceMiss = 0;
    this.#misses += 1;
    if (this.#misses >= restless.misses) this.#setGap(Math.max(gaps.firstMs, 2 * this.gapMs));
  }

  #setGap(ms: Millis): void {
    this.#learnedGapMs = ms < gaps.firstMs ? 0 : Math.min(gaps.maxMs, ms);
    this.#misses = 0;
    this.#answersSinceMiss = 0;
  }
}
