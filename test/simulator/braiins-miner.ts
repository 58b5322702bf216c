/** A miner with Braiins OS as a machine: what it draws, and what its firmware remembers. No protocol. */
import type { Seconds, Watts } from '#protocol/units.ts';
import type { BraiinsSpec } from './braiins-spec.ts';
import { healthyMiner } from './faults.ts';
import { hash } from './noise.ts';
import type { Surroundings } from './physics.ts';
import { RampMiner } from './ramp-miner.ts';

export class BraiinsMiner extends RampMiner<BraiinsSpec> {
  override readonly kind = 'braiins';
  override readonly entry: { adapter: string; password_file: string; power_target_w?: { min: Watts; max: Watts } };
  readonly targets: { readonly min: Watts; readonly max: Watts };
  locating = false;
  /** What a person or a client has set; undefined for the firmware's own. */
  quickRamping: { up_s: Seconds; down_s: Seconds } | undefined;
  #tokens = 0;

  constructor(spec: BraiinsSpec, surroundings: Surroundings) {
    super(spec, healthyMiner(), surroundings);
    this.targets = { min: Math.round(0.3 * spec.ratedW), max: Math.round(1.2 * spec.ratedW) };
    this.entry = {
      adapter: 'braiins',
      password_file: this.passwordFile,
      ...(spec.api === 'graphql' && { power_target_w: { min: this.targets.min, max: spec.ratedW } }),
    };
  }

  get token(): string {
    return hash(`${this.spec.serial}/token/${this.#tokens}`).toString(36);
  }

  /** Whoever is logged in is so no more. */
  forgetTokens(): void {
    this.#tokens += 1;
  }

  /** Over GraphQL a new target is applied by a restart. */
  setPowerTarget(target: Watts): void {
    this.setTarget(target);
    if (this.spec.api === 'graphql') this.restart();
  }

  override reboot(): void {
    this.forgetTokens();
    this.locating = false;
    super.reboot();
  }
}
