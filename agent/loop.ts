/**
 * Two paths over the same pieces. The tick, every second: decide, actuate, report. The fast path: an order, a job's hint
 * or, where an order asks about it, a look at the grid's frequency runs the same turn at once. Nothing on the way to the
 * first device write touches the disk or waits for another device.
 *
 *   sense -> observe() -> fold -> picture -> turn(): decide -> actuate -> tell
 */
import type { Prediction } from '#protocol/lifecycle.ts';
import type { OrderBody } from '#protocol/order.ts';
import type { Millis } from '#protocol/units.ts';
import type { Policy } from './config/policy.ts';
import { decide } from './decide/decide.ts';
import type { Memory, Plan, Step } from './decide/plan.ts';
import { emptyMemory } from './decide/plan.ts';
import { predict } from './decide/predict.ts';
import type { Recalled } from './decide/recall.ts';
import { withRecalled } from './decide/recall.ts';
import type { Clock } from './platform/clock.ts';
import { now } from './platform/clock.ts';
import { SLEW_MS } from './platform/steady-clock.ts';
import { fold } from './state/fold.ts';
import type { Now, Observation } from './state/observation.ts';
import { asksFrequency, nextBoundary } from './state/orders.ts';
import type { Picture } from './state/picture.ts';
import { emptyPicture, present } from './state/picture.ts';

export type LoopParts = {
  readonly rack: string;
  readonly clock: Clock;
  policy(): Policy;
  /** Begins the calls that the plan needs and returns at once. @returns how many. */
  actuate(plan: Plan, picture: Picture, now: Now): number;
  /** Told after every turn, once the calls are on their way. */
  turned(turn: Turn): void;
  /** Told of everything else that a decision follows from: a day of it can be decided anew. */
  readonly recorder: {
    seen(observation: Observation, at: Now): void;
    recalled(past: Recalled, at: Now): void;
  };
};

export type Turn = {
  readonly at: Now;
  readonly picture: Picture;
  readonly plan: Plan;
  readonly memory: Memory;
  readonly steps: readonly Step[];
  /** To devices, begun in it. */
  readonly calls: number;
};

const TICK_MS: Millis = 1000;
/** Answers of many devices that come together are judged together. */
const GATHER_MS: Millis = 50;

export class Loop {
  readonly #parts: LoopParts;
  #picture: Picture = emptyPicture;
  #memory: Memory = emptyMemory;
  #stopTick = () => {};
  #cancelSoon: (() => void) | undefined;
  #cancelBoundary = () => {};
  /** Wall time minus monotonic time at the last look. */
  #offsetMs: Millis | undefined;
  #lagMs = 0;
  #tickedAt: Millis | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  get picture(): Picture {
    return this.#picture;
  }

  get memory(): Memory {
    return this.#memory;
  }

  /** How late the last tick came, milliseconds. */
  get lagMs(): Millis {
    return this.#lagMs;
  }

  /** Devices that are there and away from home by our doing. */
  get held(): readonly string[] {
    return present(this.#memory.moved, this.#picture);
  }

  /** Goes on from what was known before; the first turn is the first tick, when the devices have been heard. */
  start(picture: Picture, memory: Memory): void {
    this.#picture = picture;
    this.#memory = memory;
    this.#stopTick = this.#parts.clock.every('tick', TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#stopTick();
    this.#cancelBoundary();
    this.#cancelSoon?.();
  }

  /** The one way anything becomes known. */
  observe(observation: Observation): void {
    this.#see(observation, this.#now());
    switch (observation.kind) {
      case 'order':
      case 'local':
      case 'commission':
      case 'hints':
        this.turn();
        break;
      case 'meter':
        if (observation.reading.frequencyHz !== undefined && asksFrequency(this.#picture)) this.turn();
        break;
      case 'acknowledged':
      case 'notDone':
      case 'device':
      case 'workload':
      case 'staged':
        this.#turnSoon();
    }
  }

  /** What an order would do, with nothing done. */
  predict(order: OrderBody): Prediction {
    const { rack, clock, policy } = this.#parts;
    return predict(this.#picture, policy(), this.#memory, order, now(clock), rack);
  }

  #tick(): void {
    const mono = this.#parts.clock.monotonic();
    this.#lagMs = this.#tickedAt === undefined ? 0 : Math.max(0, mono - this.#tickedAt - TICK_MS);
    this.#tickedAt = mono;
    this.turn();
  }

  /** Adds what the broker retained for us from before the journal was lost. */
  recall(past: Recalled): void {
    this.#parts.recorder.recalled(past, this.#now());
    this.#memory = withRecalled(this.#memory, past);
  }

  /** Decides, acts and tells, now. */
  turn(): void {
    const { rack, actuate, policy, turned } = this.#parts;
    const at = this.#now();
    const { plan, memory } = decide(this.#picture, policy(), this.#memory, at, rack);
    this.#memory = memory;
    const calls = actuate(plan, this.#picture, at);
    turned({ at, picture: this.#picture, plan, memory, steps: plan.steps, calls });
    this.#awaitBoundary(at.wall);
  }

  /** Notices when the wall clock was set since the last look. */
  #now(): Now {
    const at = now(this.#parts.clock);
    const byMs = at.wall - at.mono - (this.#offsetMs ?? at.wall - at.mono);
    this.#offsetMs = at.wall - at.mono;
    if (Math.abs(byMs) > SLEW_MS) this.#see({ kind: 'clockSet', byMs }, at);
    return at;
  }

  #see(observation: Observation, at: Now): void {
    this.#picture = fold(this.#picture, observation, at);
    this.#parts.recorder.seen(observation, at);
  }

  #turnSoon(): void {
    this.#cancelSoon ??= this.#parts.clock.after('gathered answers', GATHER_MS, () => {
      this.#cancelSoon = undefined;
      this.turn();
    });
  }

  /** An interval that begins or ends between two ticks is acted on at its own moment. */
  #awaitBoundary(wall: Millis): void {
    this.#cancelBoundary();
    const dueMs = (nextBoundary(this.#picture, wall) ?? Number.POSITIVE_INFINITY) - wall;
    if (dueMs < TICK_MS) this.#cancelBoundary = this.#parts.clock.after('interval', dueMs, () => this.turn());
  }
}
