/** A WhatsMiner with API v3 as a machine: what it draws, and what its firmware remembers. No protocol. */
import { healthyMiner } from './faults.ts';
import { hash } from './noise.ts';
import type { Surroundings } from './physics.ts';
import { RampMiner } from './ramp-miner.ts';
import type { WhatsminerV3Spec } from './whatsminer-v3-spec.ts';

export class WhatsminerV3 extends RampMiner<WhatsminerV3Spec> {
  override readonly kind = 'whatsminer-v3';
  override readonly entry = { adapter: 'whatsminer-v3', password_file: this.passwordFile };
  /** Off as shipped; a technician switches it on with the vendor's tool. */
  writeApi = true;
  led: unknown = 'auto';
  #percent = 100;
  #salts = 0;

  constructor(spec: WhatsminerV3Spec, surroundings: Surroundings) {
    super(spec, healthyMiner(), surroundings);
  }

  /** set.miner.power_percent in force. */
  get percent(): number {
    return this.#percent;
  }

  get salt(): string {
    return hash(`${this.spec.serial}/${this.#salts}`).toString(36).padStart(8, '0').slice(0, 8);
  }

  /** What was signed with the old one counts no more. */
  changeSalt(): void {
    this.#salts += 1;
  }

  /** Percent of the rated power, until the mining process restarts. Nothing while asleep. */
  setPercent(percent: number): void {
    if (this.resting) return;
    this.#percent = percent;
    this.setTarget((percent / 100) * this.spec.ratedW);
  }

  override reboot(): void {
    this.changeSalt();
    this.led = 'auto';
    super.reboot();
  }

  protected override startMining(afterMs: number): void {
    this.#percent = 100;
    this.setTarget(this.spec.ratedW);
    super.startMining(afterMs);
  }
}
