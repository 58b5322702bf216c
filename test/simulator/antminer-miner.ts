/** An Antminer with stock firmware as a machine: what it draws, and what its configuration says. No protocol. */
import type { Watts } from '#protocol/units.ts';
import type { AntminerSpec } from './antminer-spec.ts';
import { DigestDesk } from './digest.ts';
import { healthyMiner } from './faults.ts';
import type { Surroundings } from './physics.ts';
import { RampMiner } from './ramp-miner.ts';

export type ConfiguredPool = { url: string; user: string; pass: string };

/** Of the rated power, by mode. Assumed. */
const powerOf: Record<number, number> = { 0: 1, 2: 1.1, 3: 0.75 };

export class Antminer extends RampMiner<AntminerSpec> {
  override readonly kind = 'antminer';
  override readonly entry = { adapter: 'antminer', password_file: this.passwordFile };
  readonly login: DigestDesk;
  pools: readonly ConfiguredPool[];
  blinking = false;
  #mode: number;
  #awakeMode: number;

  constructor(spec: AntminerSpec, surroundings: Surroundings) {
    super(spec, healthyMiner(), surroundings);
    this.login = new DigestDesk(
      'antMiner Configuration',
      { username: 'root', password: spec.password },
      surroundings.clock,
    );
    this.pools = [1, 2, 3].map((n) => ({
      url: `stratum+tcp://pool${n}.invalid:3333`,
      user: `ballast.${spec.id}`,
      pass: 'x',
    }));
    this.#awakeMode = spec.mode;
    this.#mode = spec.asleep ? this.sleepMode : spec.mode;
    this.setTarget(this.#wattsIn(spec.mode));
  }

  get sleepMode(): number {
    return this.spec.series === 17 ? 254 : 1;
  }

  /** As the configuration has it. */
  get mode(): number {
    return this.#mode;
  }

  /** A new mode restarts the mining process. */
  setMode(mode: number): void {
    this.#mode = mode;
    if (mode === this.sleepMode) {
      super.powerOff();
      return;
    }
    this.#awakeMode = mode;
    const wasResting = this.resting;
    this.setTarget(this.#wattsIn(mode));
    if (wasResting) super.powerOn();
    else this.restart();
  }

  override powerOff(): void {
    this.setMode(this.sleepMode);
  }

  override powerOn(): void {
    this.setMode(this.#awakeMode);
  }

  override reboot(): void {
    this.login.forget();
    this.blinking = false;
    super.reboot();
  }

  #wattsIn(mode: number): Watts {
    return this.spec.ratedW * (powerOf[mode] ?? 1);
  }
}
