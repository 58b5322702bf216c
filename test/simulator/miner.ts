/** What a miner of any make is as a machine: mains, a control board, watts and hashes. No protocol. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { MinerFaults } from './faults.ts';
import type { MinerSpec, Settling } from './miner-spec.ts';
import type { Outlet, OutletLoad } from './outlet.ts';
import type { Surroundings } from './physics.ts';
import { PoweredThing } from './physics.ts';
import type { Leg, Trajectory } from './trajectory.ts';

/** A miner that is there from the start has run for a day. */
export const DAY_MS: Millis = 86_400_000;

/** What a config says of it beside id, host and port: the adapter's name and that adapter's own options. */
export type MinerEntry = { readonly adapter: string; readonly [option: string]: unknown };

/** The connection ends with it. */
export class WentDown extends Error {}

export abstract class Miner<Spec extends MinerSpec = MinerSpec, Faults extends MinerFaults = MinerFaults>
  implements OutletLoad
{
  readonly spec: Spec;
  readonly faults: Faults;
  abstract readonly kind: string;
  abstract readonly entry: MinerEntry;
  /** Commands that change something and were let in, in order, whether obeyed or not. */
  readonly writes: string[] = [];
  /** Told as a command comes in, before it acts. */
  onWrite: () => void = () => {};
  #clock: SimulatorClock;
  #power: PoweredThing;
  #inletC: Trajectory;
  #outlets: Outlet[] = [];
  #bootedAtMs: Millis;
  #energised = true;

  constructor(spec: Spec, faults: Faults, surroundings: Surroundings) {
    this.spec = spec;
    this.faults = faults;
    this.#clock = surroundings.clock;
    this.#power = new PoweredThing(spec.id, spec.asleep ? spec.residualW : spec.ratedW, surroundings);
    this.#inletC = surroundings.inletC;
    this.#bootedAtMs = surroundings.clock.monotonic() - DAY_MS;
  }

  /** Real watts at the wall, now or at any moment since the start. */
  watts(atMs?: Millis): Watts {
    return this.#power.watts(atMs);
  }

  joules(atMs?: Millis): number {
    return this.#power.joules(atMs);
  }

  /** A command that changes something has been let in. Throws `WentDown` when the miner restarts instead. */
  takeWrite(command: string): void {
    this.writes.push(command);
    this.onWrite();
    if (!this.faults.rebootsInMidCommand) return;
    this.faults.rebootsInMidCommand = false;
    this.reboot();
    throw new WentDown();
  }

  /** Follows the watts of the hash boards; their better efficiency at part load is left out. */
  get hashrateThs(): number {
    const { ratedThs, ratedW, residualW } = this.spec;
    return this.asleep ? 0 : ratedThs * Math.max(0, (this.watts() - residualW) / (ratedW - residualW));
  }

  /** Where its entry names a file of secrets: its password is the first line. */
  get passwordFile(): string {
    return `${this.spec.id}.pw`;
  }

  /** What the firmware says of itself: true only once the hash boards are off. */
  abstract get asleep(): boolean;

  /** What it will draw once everything asked of it is done. */
  abstract get settledW(): Watts;

  /** By the API, or by a person at the miner's own page: the firmware does not tell them apart. */
  abstract powerOff(): void;
  abstract powerOn(): void;

  /** Restarts the control board; whether the miner mines or sleeps afterwards is up to its firmware. */
  abstract reboot(): void;

  /** Whether the control board is away for a restart. */
  get rebooting(): boolean {
    return this.#clock.monotonic() < this.#bootedAtMs;
  }

  /** Whether current flows to it. */
  get energised(): boolean {
    return this.#energised;
  }

  get uptimeS(): number {
    return Math.max(0, this.#clock.monotonic() - this.#bootedAtMs) / 1000;
  }

  /** The air it breathes. */
  get inletC(): number {
    return this.#inletC.value();
  }

  /** The outlets its power supplies hang on; none when it hangs on the feed itself. */
  get outlets(): readonly Outlet[] {
    return this.#outlets;
  }

  pluggedInto(outlet: Outlet): void {
    this.#outlets.push(outlet);
  }

  mainsChanged(): void {
    const energised = this.#outlets.some((outlet) => outlet.closed);
    if (energised === this.#energised) return;
    this.#energised = energised;
    this.#power.moveTo(energised ? this.spec.residualW : 0);
    if (energised) this.reboot();
  }

  /** What the hash boards do next; nothing without mains. */
  protected draw(legs: Leg[]): void {
    if (this.#energised) this.#power.follow(legs);
  }

  /** The control board is away for that long. */
  protected restartControlBoard(forMs: Millis): void {
    this.#bootedAtMs = this.#clock.monotonic() + forMs;
  }
}

/** A way to `power` that begins after the dead time and slows down as it comes near. */
export function settle(power: Watts, { deadMs, tauMs }: Settling): Leg {
  return { afterMs: deadMs, to: power, ramp: { shape: 'exponential', tauMs } };
}

/** An even way to `power`. */
export function rise(afterMs: Millis, power: Watts, overMs: Millis): Leg {
  return { afterMs, to: power, ramp: { shape: 'linear', overMs } };
}
