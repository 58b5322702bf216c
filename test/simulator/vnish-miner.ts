/** A miner with VNish as a machine: what it draws, and what its firmware remembers. No protocol. */
import type { Watts } from '#protocol/units.ts';
import { healthyMiner } from './faults.ts';
import { hash } from './noise.ts';
import type { Surroundings } from './physics.ts';
import { RampMiner } from './ramp-miner.ts';
import type { VnishSpec } from './vnish-spec.ts';

export type Preset = { name: string; watts: Watts; tuned: boolean };

/** Of the rated power, and whether it has been tuned. */
const shares: readonly [share: number, tuned: boolean][] = [
  [0.6, false],
  [0.7, true],
  [0.85, true],
  [1, true],
  [1.2, false],
];

export class VnishMiner extends RampMiner<VnishSpec> {
  override readonly kind = 'vnish';
  override readonly entry = { adapter: 'vnish', password_file: this.passwordFile };
  readonly presets: readonly Preset[];
  locating = false;
  #preset: Preset;
  #tokens = 0;

  constructor(spec: VnishSpec, surroundings: Surroundings) {
    super(spec, healthyMiner(), surroundings);
    const at = (share: number) => Math.round((share * spec.ratedW) / 10) * 10;
    this.presets = shares.map(([share, tuned]) => ({ name: String(at(share)), watts: at(share), tuned }));
    this.#preset = this.presets.find(({ watts }) => watts === at(1)) ?? {
      name: 'none',
      watts: spec.ratedW,
      tuned: true,
    };
  }

  get preset(): Preset {
    return this.#preset;
  }

  get token(): string {
    return hash(`${this.spec.serial}/token/${this.#tokens}`).toString(36);
  }

  /** Whoever is logged in is so no more. */
  forgetTokens(): void {
    this.#tokens += 1;
  }

  setPreset(preset: Preset): void {
    this.#preset = preset;
    this.setTarget(preset.watts);
  }

  override reboot(): void {
    this.forgetTokens();
    this.locating = false;
    super.reboot();
  }
}
