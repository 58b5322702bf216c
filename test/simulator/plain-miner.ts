/** A miner whose firmware only sleeps, wakes, blinks and restarts, as a machine. */
import { healthyMiner } from './faults.ts';
import type { Surroundings } from './physics.ts';
import type { RampSpec } from './ramp-miner.ts';
import { RampMiner } from './ramp-miner.ts';

export abstract class PlainMiner extends RampMiner {
  blinking = false;

  constructor(spec: RampSpec, surroundings: Surroundings) {
    super(spec, healthyMiner(), surroundings);
  }

  override reboot(): void {
    this.blinking = false;
    super.reboot();
  }

  /** The address that it says is its own. */
  get saidMac(): string {
    return this.faults.otherMac ?? this.spec.mac;
  }

  /** Degrees Celsius, which follow the power at once. Assumed. */
  get chipC(): number {
    return Number((this.inletC + 45 * (this.watts() / this.spec.ratedW)).toFixed(1));
  }

  get fanRpm(): number {
    return this.asleep ? 1200 : 5400;
  }

  /** Lets a command in and carries it out; undefined when the firmware refuses it. */
  obey(command: string, act: () => void, isSleep = false): 'done' | undefined {
    this.takeWrite(command);
    if (isSleep && this.faults.refusesSleep) return undefined;
    if (!this.faults.ignoresCommands) act();
    return 'done';
  }
}
