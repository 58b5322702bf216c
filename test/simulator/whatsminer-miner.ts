/** A WhatsMiner as a machine: what it draws, and what its firmware remembers. No protocol. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { WhatsminerFaults } from './faults.ts';
import { healthyWhatsminer } from './faults.ts';
import { DAY_MS, Miner, rise, settle } from './miner.ts';
import type { Surroundings } from './physics.ts';
import type { Leg } from './trajectory.ts';
import type { WhatsminerSpec } from './whatsminer-spec.ts';
import { TokenDesk } from './whatsminer-tokens.ts';

/** Share of the rated power that the warm-up draws, and the least that running hash boards draw. Both assumed. */
const PREHEAT_FRACTION = 0.2;
const FLOOR_FRACTION = 0.2;

/** The manual calls set_power_pct approximate; how far off it is, is assumed. */
const PERCENT_ERROR_FRACTION = 0.02;

export class Whatsminer extends Miner<WhatsminerSpec, WhatsminerFaults> {
  override readonly kind = 'whatsminer';
  override readonly entry = { adapter: 'whatsminer-v2', password_file: this.passwordFile };
  readonly tokens: TokenDesk;
  /** Off as shipped; a technician switches it on with the vendor's tool. */
  writeApi = true;
  /** As get_miner_info says it: `auto`, or what set_led asked for. */
  led = 'auto';
  #clock: SimulatorClock;
  #powerError: number;
  #percent = 100;
  #limitW: Watts;
  /** When the hash boards went off, or are about to; undefined while they are to run. */
  #offAtMs: Millis | undefined;
  /** When they began to come on, or are about to. */
  #onAtMs: Millis;

  constructor(spec: WhatsminerSpec, surroundings: Surroundings) {
    super(spec, healthyWhatsminer(), surroundings);
    const { clock, noise } = surroundings;
    this.tokens = new TokenDesk(spec, clock);
    this.#clock = clock;
    this.#powerError = PERCENT_ERROR_FRACTION * noise(`${spec.id}/percent`, 0);
    this.#limitW = spec.ratedW;
    this.#onAtMs = clock.monotonic() - DAY_MS;
    this.#offAtMs = spec.asleep ? clock.monotonic() : undefined;
  }

  override get asleep(): boolean {
    return this.#offAtMs !== undefined && this.#clock.monotonic() >= this.#offAtMs;
  }

  override get settledW(): Watts {
    return this.#offAtMs === undefined ? this.#targetW() : this.spec.residualW;
  }

  /** set_power_pct in force. */
  get percent(): number {
    return this.#percent;
  }

  /** adjust_power_limit in force. */
  get limitW(): Watts {
    return this.#limitW;
  }

  /** Whether the frequency has reached its target since mining began. */
  get upfreqComplete(): boolean {
    return this.#offAtMs === undefined && this.#climbedMs() >= this.#climbMs();
  }

  /** Since mining began; 0 while it has not. */
  get miningS(): number {
    return this.asleep ? 0 : Math.max(0, this.#climbedMs()) / 1000;
  }

  override powerOff(): void {
    if (this.#offAtMs !== undefined) return;
    const { powerOff } = this.spec.timing;
    this.#offAtMs = this.#clock.monotonic() + powerOff.deadMs;
    this.draw([settle(this.spec.residualW, powerOff)]);
  }

  override powerOn(): void {
    if (this.#offAtMs !== undefined) this.#startMining(0);
  }

  /** Percent of the limit, 0 to 100, until the mining process restarts. Nothing while asleep. */
  setPercent(percent: number): void {
    if (this.#offAtMs !== undefined) return;
    this.#percent = percent;
    const target = this.#targetW();
    const hashing = this.#climbedMs() >= this.spec.timing.bootMs;
    const atOnce = hashing && (this.upfreqComplete || target < this.watts());
    this.draw(atOnce ? [settle(target, this.spec.timing.percent)] : this.#climb());
  }

  /** A new limit restarts the mining process: the power goes down first. */
  setLimit(limit: Watts): void {
    this.#limitW = Math.min(limit, this.spec.ratedW);
    this.restart();
  }

  /** Restarts the mining process, not the control board. */
  restart(): void {
    if (this.#offAtMs === undefined) this.#startMining(0);
  }

  override reboot(): void {
    const { sleepSurvivesReboot, timing } = this.spec;
    const staysAsleep = this.#offAtMs !== undefined && sleepSurvivesReboot;
    this.restartControlBoard(timing.rebootMs);
    this.tokens.forget();
    this.led = 'auto';
    if (!staysAsleep) this.#startMining(timing.rebootMs);
  }

  #startMining(afterMs: Millis): void {
    this.#offAtMs = undefined;
    this.#percent = 100;
    this.#onAtMs = this.#clock.monotonic() + afterMs;
    this.draw(this.#climb());
  }

  /** What is left of the way up: boards off until booted, then the warm-up, then the frequency. */
  #climb(): Leg[] {
    const { bootMs, preheatMs, upfreqMs, powerOff } = this.spec.timing;
    const { ratedW, residualW } = this.spec;
    const climbed = this.#climbedMs();
    const target = this.#targetW();
    const preheated = bootMs + preheatMs;
    if (climbed >= preheated) return [rise(0, target, this.#climbMs() - climbed)];
    const toTarget = rise(preheated - climbed, target, upfreqMs);
    const preheatW = Math.min(target, PREHEAT_FRACTION * ratedW);
    if (climbed >= bootMs) return [rise(0, preheatW, preheated - climbed), toTarget];
    const boardsOff = settle(residualW, { ...powerOff, deadMs: 0 });
    return [boardsOff, rise(bootMs - climbed, preheatW, preheatMs), toTarget];
  }

  /** Negative while the climb has not begun. */
  #climbedMs(): Millis {
    return this.#clock.monotonic() - this.#onAtMs;
  }

  #climbMs(): Millis {
    const { bootMs, preheatMs, upfreqMs } = this.spec.timing;
    return bootMs + preheatMs + upfreqMs;
  }

  #targetW(): Watts {
    if (this.#percent === 100) return this.#limitW;
    return Math.max(FLOOR_FRACTION * this.spec.ratedW, (this.#percent / 100) * this.#limitW * (1 + this.#powerError));
  }
}
