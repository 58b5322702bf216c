/** A miner with LuxOS as a machine: what it draws, and what its firmware remembers. No protocol. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import { healthyMiner } from './faults.ts';
import type { Profile } from './luxos-profiles.ts';
import { profilesOf, selectProfile } from './luxos-profiles.ts';
import { SessionDesk } from './luxos-session.ts';
import type { LuxosSpec } from './luxos-spec.ts';
import { DAY_MS, Miner, rise, settle } from './miner.ts';
import type { Surroundings } from './physics.ts';

export type Led = 'on' | 'off' | 'blink' | 'auto';

export class LuxosMiner extends Miner<LuxosSpec> {
  override readonly kind = 'luxos';
  override readonly entry = { adapter: 'luxos' };
  readonly session: SessionDesk;
  readonly profiles: readonly Profile[];
  readonly leds: Record<'red' | 'green', Led> = { red: 'auto', green: 'auto' };
  /** Thermal management: moves the profile by itself, never above its bound; while it is on nobody else may. */
  readonly atm: { enabled: boolean; max: Profile | undefined };
  #clock: SimulatorClock;
  #profile: Profile;
  /** When the power supply went off, or is about to; undefined while it is to run. */
  #offAtMs: Millis | undefined;
  /** When mining began, or is about to, and when it is at its setting. */
  #onAtMs: Millis;
  #rampedAtMs: Millis;
  /** Since a restart while asleep the first wake-up cannot be unsafe. */
  #mustRamp = false;

  constructor(spec: LuxosSpec, surroundings: Surroundings) {
    super(spec, healthyMiner(), surroundings);
    const { clock } = surroundings;
    this.session = new SessionDesk(spec, clock);
    this.profiles = profilesOf(spec);
    this.atm = { enabled: spec.atmEnabled, max: undefined };
    this.#clock = clock;
    this.#profile = this.#find('default');
    this.#onAtMs = this.#rampedAtMs = clock.monotonic() - DAY_MS;
    this.#offAtMs = spec.asleep ? clock.monotonic() : undefined;
  }

  /** The profile in force, or waiting for the wake-up. */
  get profile(): Profile {
    return this.#profile;
  }

  /** What the firmware says of itself; true from the command on, before the watts fall. */
  get curtailed(): boolean {
    return this.#offAtMs !== undefined;
  }

  override get asleep(): boolean {
    return this.#offAtMs !== undefined && this.#clock.monotonic() >= this.#offAtMs;
  }

  /** Follows the watts between rest and the profile's. */
  override get hashrateThs(): number {
    const { residualW } = this.spec;
    const { hashrateThs, powerW } = this.#profile;
    return this.asleep ? 0 : hashrateThs * Math.max(0, (this.watts() - residualW) / (powerW - residualW));
  }

  override get settledW(): Watts {
    return this.curtailed ? this.spec.residualW : this.#profile.powerW;
  }

  /** Whether the frequency is on its way to the profile's. */
  get ramping(): boolean {
    return !this.curtailed && this.#clock.monotonic() < this.#rampedAtMs;
  }

  /** Since mining began; 0 while it has not. */
  get miningS(): number {
    return this.asleep ? 0 : Math.max(0, this.#clock.monotonic() - this.#onAtMs) / 1000;
  }

  override powerOff(): void {
    if (this.curtailed) return;
    const { sleep } = this.spec.timing;
    this.#offAtMs = this.#clock.monotonic() + sleep.deadMs;
    this.draw([settle(this.spec.residualW, sleep)]);
  }

  override powerOn({ unsafe = false } = {}): void {
    if (!this.curtailed) return;
    const { rampMs, unsafeRampMs } = this.spec.timing;
    this.#startMining(0, unsafe && !this.#mustRamp ? unsafeRampMs : rampMs);
    this.#mustRamp = false;
  }

  setProfile(profile: Profile): void {
    this.#profile = profile;
    if (this.curtailed) return;
    const { profileMs } = this.spec.timing;
    this.#rampedAtMs = Math.max(this.#rampedAtMs, this.#clock.monotonic() + profileMs);
    this.draw([rise(0, profile.powerW, this.#rampedAtMs - this.#clock.monotonic())]);
  }

  /** `max` undefined lifts the bound. Heat that makes it go lower is not modelled, nor its going up again. */
  setAtm(change: { enabled?: boolean; max?: Profile | undefined }): void {
    Object.assign(this.atm, change);
    const { enabled, max } = this.atm;
    if (enabled && max && max.step < this.#profile.step) this.setProfile(max);
  }

  /** Restarts the mining process. Sleep outlives it, the session does not. */
  restart(): void {
    this.#restartAfter(0);
  }

  override reboot(): void {
    const { rebootMs } = this.spec.timing;
    this.restartControlBoard(rebootMs);
    this.#restartAfter(rebootMs);
  }

  #restartAfter(delayMs: Millis): void {
    this.session.end();
    if (this.curtailed) this.#mustRamp = true;
    else this.#startMining(delayMs, this.spec.timing.rampMs);
  }

  #startMining(afterMs: Millis, rampMs: Millis): void {
    const { startMs, sleep } = this.spec.timing;
    this.#offAtMs = undefined;
    this.#onAtMs = this.#clock.monotonic() + afterMs + startMs;
    this.#rampedAtMs = this.#onAtMs + rampMs;
    const boardsOff = settle(this.spec.residualW, { ...sleep, deadMs: 0 });
    this.draw([boardsOff, rise(afterMs + startMs, this.#profile.powerW, rampMs)]);
  }

  #find(name: string): Profile {
    const found = selectProfile(this.profiles, name);
    if (!found) throw new Error(`no profile "${name}"`);
    return found;
  }
}
