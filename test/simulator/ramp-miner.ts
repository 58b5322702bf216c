/** A miner that goes down after a dead time and comes up evenly: enough for firmwares whose way is not published. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { MinerFaults } from './faults.ts';
import { DAY_MS, Miner, rise, settle } from './miner.ts';
import type { MinerSpec, Settling } from './miner-spec.ts';
import type { Surroundings } from './physics.ts';

export type RampTiming = {
  /** From a request to its effect and its reply. */
  replyMs: Millis;
  sleep: Settling;
  /** From a wake-up to the first watts, and from there to all of them. */
  startMs: Millis;
  rampMs: Millis;
  /** From one power to another while it mines. */
  changeMs: Millis;
  /** How long the control board is away. */
  rebootMs: Millis;
};

export type RampSpec = MinerSpec & {
  sleepSurvivesReboot: boolean;
  timing: RampTiming;
};

export abstract class RampMiner<
  Spec extends RampSpec = RampSpec,
  Faults extends MinerFaults = MinerFaults,
> extends Miner<Spec, Faults> {
  #clock: SimulatorClock;
  #targetW: Watts;
  /** When the hash boards went off, or are about to; undefined while they are to run. */
  #offAtMs: Millis | undefined;
  /** When mining began, or is about to. */
  #onAtMs: Millis;

  constructor(spec: Spec, faults: Faults, surroundings: Surroundings) {
    super(spec, faults, surroundings);
    const { clock } = surroundings;
    this.#clock = clock;
    this.#targetW = spec.ratedW;
    this.#onAtMs = clock.monotonic() - DAY_MS;
    this.#offAtMs = spec.asleep ? clock.monotonic() : undefined;
  }

  /** Told to sleep, from the command on. */
  get resting(): boolean {
    return this.#offAtMs !== undefined;
  }

  override get asleep(): boolean {
    return this.#offAtMs !== undefined && this.#clock.monotonic() >= this.#offAtMs;
  }

  override get settledW(): Watts {
    return this.resting ? this.spec.residualW : this.#targetW;
  }

  /** Whether it is on its way up. */
  get starting(): boolean {
    const { startMs, rampMs } = this.spec.timing;
    return !this.resting && this.#clock.monotonic() < this.#onAtMs + startMs + rampMs;
  }

  /** What it draws, or will draw once it mines. */
  get targetW(): Watts {
    return this.#targetW;
  }

  /** Since mining began; 0 while it has not. */
  get miningS(): number {
    return this.asleep ? 0 : Math.max(0, this.#clock.monotonic() - this.#onAtMs) / 1000;
  }

  override powerOff(): void {
    if (this.resting) return;
    const { sleep } = this.spec.timing;
    this.#offAtMs = this.#clock.monotonic() + sleep.deadMs;
    this.draw([settle(this.spec.residualW, sleep)]);
  }

  override powerOn(): void {
    if (this.resting) this.startMining(0);
  }

  /** At the wall while it mines. Waits for the wake-up while it sleeps. */
  setTarget(target: Watts): void {
    this.#targetW = target;
    if (!this.resting) this.draw([rise(0, target, this.spec.timing.changeMs)]);
  }

  /** The power goes down first. */
  restart(): void {
    if (!this.resting) this.startMining(0);
  }

  override reboot(): void {
    const { sleepSurvivesReboot, timing } = this.spec;
    this.restartControlBoard(timing.rebootMs);
    if (!this.resting || !sleepSurvivesReboot) this.startMining(timing.rebootMs);
  }

  protected startMining(afterMs: Millis): void {
    const { startMs, rampMs, sleep } = this.spec.timing;
    this.#offAtMs = undefined;
    this.#onAtMs = this.#clock.monotonic() + afterMs;
    const boardsOff = settle(this.spec.residualW, { ...sleep, deadMs: 0 });
    this.draw([boardsOff, rise(afterMs + startMs, this.#targetW, rampMs)]);
  }
}
