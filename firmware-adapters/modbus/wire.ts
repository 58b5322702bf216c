/**
 * The queue of one wire at work: takes the next request as the schedule says (`schedule.ts`), once the wire is free for
 * it (`turns.ts`) and its unit is rested (`unit.ts`), opens the connection when there is none, and waits for the answer.
 */
import type { Millis } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import { within } from '../transport/within.ts';
import type { BusCounters } from './counters.ts';
import { Load } from './counters.ts';
import type { DialerOptions } from './dialer.ts';
import { Dialer } from './dialer.ts';
import type { Request } from './frames.ts';
import { encodeRequest, registersIn } from './frames.ts';
import type { Answer, Link } from './link.ts';
import type { BusUrgency, Job } from './schedule.ts';
import { isControl, Schedule } from './schedule.ts';
import { Turns } from './turns.ts';
import { Unit } from './unit.ts';

export type WireOptions = DialerOptions & {
  /** Units that need a rest between two requests, and how long. */
  unitGapMs?: ReadonlyMap<number, Millis>;
  /** How many requests may be on their way at once, where replies say which they answer; one unless said. */
  pipeline?: number;
};

/** The answer that belongs to the request. */
export type Final = Exclude<Answer, { kind: 'copy' }>;

type Asking = Job & {
  readonly unit: number;
  readonly request: Request;
  readonly pdu: Buffer;
  readonly signal: AbortSignal;
  settle(answer: Final): void;
};

/** A pause that ends so much too late: this process was busy, and what came in meanwhile may not have been read yet. */
const OVERSLEPT_MS: Millis = 5;

export class Wire {
  readonly load: Load;
  readonly #options: WireOptions;
  readonly #counters: BusCounters;
  readonly #turns: Turns | undefined;
  readonly #dialer: Dialer;
  readonly #schedule: Schedule<Asking>;
  readonly #units = new Map<number, Unit>();
  readonly #stopped = new AbortController();
  #opening = false;
  #alarm: { at: Millis; off: AbortController } | undefined;
  #transaction = 0;
  /** When the first of those that wait now was asked for. Since then, what came in has been read. */
  #waitingSince: Millis = 0;

  constructor(options: WireOptions, counters: BusCounters) {
    const { framing, clock, timeoutMs, pipeline = 1 } = options;
    this.load = new Load(clock.monotonic());
    this.#options = options;
    this.#counters = counters;
    this.#turns = framing.turns && new Turns(framing.turns, timeoutMs, clock, () => this.#go());
    this.#dialer = new Dialer(options, counters, this.#turns);
    this.#schedule = new Schedule(this.#turns ? 1 : pipeline);
  }

  /** Those that were ever asked. */
  get units(): Iterable<Unit> {
    return this.#units.values();
  }

  unit(id: number): Unit {
    const known = this.#units.get(id) ?? new Unit(this.#options.unitGapMs?.get(id) ?? 0);
    this.#units.set(id, known);
    return known;
  }

  /** Opens the wire ahead of the first request. Never throws: a dead wire stays cold until it is asked for. */
  start(): void {
    void this.#open(undefined);
  }

  /** Rejects every request, waiting, in flight or to come, with `reason`, and closes the wire for good. */
  async stop(reason: AdapterError): Promise<void> {
    this.#stopped.abort(reason);
    this.#alarm?.off.abort('stopped');
    this.#schedule.dropAll(reason);
    await this.#dialer.stop();
  }

  /** Rejects as `ModbusBus` says. */
  ask(unit: number, request: Request, urgency: BusUrgency, signal?: AbortSignal): Promise<Final> {
    const pdu = encodeRequest(request);
    return new Promise((resolve, reject) => {
      this.#stopped.signal.throwIfAborted();
      signal?.throwIfAborted();
      const now = this.#options.clock.monotonic();
      if (this.#schedule.isEmpty) this.#waitingSince = now;
      const own = new AbortController();
      const cancel = () => this.#schedule.drop(job, signal?.reason);
      const done = () => signal?.removeEventListener('abort', cancel);
      const job: Asking = {
        urgency,
        askedAt: now,
        lastsMs: this.#wireMs(request) + this.unit(unit).turnaroundMs + this.#gapMs,
        unit,
        request,
        pdu,
        signal: own.signal,
        settle: (answer) => {
          done();
          resolve(answer);
        },
        drop: (reason) => {
          done();
          own.abort(reason);
          reject(reason);
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#schedule.add(job);
      this.#go();
    });
  }

  /** Begins all that may begin now. */
  #go(): void {
    if (this.#opening || this.#stopped.signal.aborted) return;
    for (;;) {
      const link = this.#dialer.open;
      if (!link) {
        const job = this.#schedule.first();
        if (job && !this.#schedule.isBusy) void this.#open(job);
        return;
      }
      const now = this.#options.clock.monotonic();
      this.#schedule.dropWaiting((job) => this.#whyNot(job, now));
      const next = this.#schedule.next(now, (job) => this.#readyAt(job));
      if (next.kind === 'wait') this.#lookAgain(next.at);
      if (next.kind !== 'start') return;
      void this.#run(next.job, link);
    }
  }

  /** A read of a unit that is offline fails at once, but for a probe now and then. */
  #whyNot({ urgency, unit: id }: Asking, now: Millis): AdapterError | undefined {
    const waitMs = isControl(urgency) ? 0 : this.unit(id).notBeforeMs(now);
    if (waitMs === 0) return undefined;
    return this.#error('unreachable', `unit ${id} is silent, it is asked again in ${Math.ceil(waitMs)} ms`);
  }

  #readyAt({ unit: id, pdu }: Asking): Millis {
    return Math.max(this.unit(id).restedAt, this.#turns?.dueAt({ unit: id, pdu }, this.#waitingSince) ?? 0);
  }

  #lookAgain(at: Millis): void {
    const { clock } = this.#options;
    if (this.#alarm?.at === at) return;
    this.#alarm?.off.abort('set anew');
    const alarm = { at, off: new AbortController() };
    this.#alarm = alarm;
    const rung = () => {
      if (this.#alarm !== alarm) return;
      this.#alarm = undefined;
      if (clock.monotonic() - at > OVERSLEPT_MS) this.#turns?.heard();
      this.#go();
    };
    const setAnew = () => {};
    clock.sleep(Math.max(0, at - clock.monotonic()), alarm.off.signal).then(rung, setAnew);
  }

  /** Connects, for the sake of this job or ahead of all. */
  async #open(job: Asking | undefined): Promise<void> {
    this.#opening = true;
    if (job) this.#schedule.begin(job);
    try {
      const urgent = job !== undefined && isControl(job.urgency);
      await this.#dialer.link(urgent, job?.signal ?? this.#stopped.signal);
      for (const unit of this.#units.values()) unit.reconnected();
      if (job) this.#schedule.again(job);
    } catch (error) {
      if (job) this.#schedule.end(job);
      else this.#options.log.debug({ bus: this.#options.id, error }, 'the bus starts cold');
      job?.drop(error);
    }
    this.#opening = false;
    this.#go();
  }

  async #run(job: Asking, link: Link): Promise<void> {
    try {
      const answer = await this.#exchange(job, link);
      if (answer.kind === 'copy') {
        this.#schedule.again(job);
      } else {
        this.#schedule.end(job);
        job.settle(answer);
      }
    } catch (error) {
      this.#schedule.end(job);
      job.drop(error);
    }
    this.#go();
  }

  async #exchange({ unit: id, request, pdu, signal }: Asking, link: Link): Promise<Answer> {
    const { clock, timeoutMs } = this.#options;
    const transaction = this.#nextTransaction();
    const unit = this.unit(id);
    const wireMs = this.#wireMs(request);
    const patienceMs = unit.patienceMs(timeoutMs, wireMs);
    const sentAt = clock.monotonic();
    const tookMs = () => clock.monotonic() - sentAt;
    const late = () => {
      this.#counters.timeouts += 1;
      unit.missed(clock.monotonic(), tookMs());
      return this.#error('timedOut', `unit ${id} did not answer within ${Math.round(patienceMs)} ms`);
    };
    unit.asked(sentAt);
    this.#turns?.begin({ transaction, unit: id, pdu });
    try {
      const exchange = (allowed: AbortSignal) => link.exchange(transaction, id, request, allowed);
      const answer = await within(clock, patienceMs, signal, exchange, late);
      this.#dialer.replied();
      if (isGatewaysOwn(answer)) unit.missed(clock.monotonic(), tookMs());
      else if (answer.kind !== 'copy') unit.answered(clock.monotonic(), Math.max(0, tookMs() - wireMs));
      return answer;
    } finally {
      unit.leftAlone(clock.monotonic());
      this.load.add(tookMs() + this.#gapMs, clock.monotonic());
    }
  }

  /** From the first byte of the request to the last of the reply of a unit that answers at once. */
  #wireMs(request: Request): Millis {
    const { requestMs, registerMs } = this.#options.framing.wire;
    const registers = request.kind === 'read' ? registersIn(request.table, request.count) : 0;
    return requestMs + registers * registerMs - this.#gapMs;
  }

  /** The silence that must follow; none where replies say what they answer. */
  get #gapMs(): Millis {
    return this.#turns?.gapMs ?? 0;
  }

  /** Goes on across connections, so that no gateway can answer a new connection with an old one's reply. */
  #nextTransaction(): number {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    return this.#transaction;
  }

  #error(kind: 'unreachable' | 'timedOut', what: string): AdapterError {
    return new AdapterError(kind, `bus ${this.#options.id}: ${what}`);
  }
}

/** 10 and 11 are a gateway's words: the unit behind it was not asked, or said nothing. */
function isGatewaysOwn(answer: Answer): boolean {
  return answer.kind === 'exception' && (answer.code === 10 || answer.code === 11);
}
