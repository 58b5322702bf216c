/** What simulated miners of every make have in common on paper. */
import type { Millis, Watts } from '#protocol/units.ts';

/** How long a movement waits, then the time constant of its exponential way. */
export type Settling = { deadMs: Millis; tauMs: Millis };

export type MinerSpec = {
  id: string;
  host: string;
  port: number;
  /** As the firmware prints it. */
  mac: string;
  serial: string;
  model: string;
  firmware: string;
  /** At the wall, with the settings of the factory. */
  ratedW: Watts;
  ratedThs: number;
  /** What the control board draws while the hash boards are off. */
  residualW: Watts;
  /** What its write API asks for; empty when it asks for none. */
  password: string;
  /** Whether it starts asleep. */
  asleep: boolean;
  timing: {
    /** From a request to its effect and its reply. */
    replyMs: Millis;
  };
};
