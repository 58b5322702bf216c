/** What a simulated VNish miner is and how fast it is. The README says where the numbers come from. */
import type { RampSpec, RampTiming } from './ramp-miner.ts';

const vnishTiming: RampTiming = {
  replyMs: 30,
  sleep: { deadMs: 1500, tauMs: 800 },
  startMs: 40_000,
  rampMs: 120_000,
  changeMs: 30_000,
  rebootMs: 60_000,
};

export type VnishSpec = RampSpec & {
  /** Whether reading needs the token too. */
  readsLocked: boolean;
  /** Whether it is of before 1.3.4, with the light under its old name. */
  old: boolean;
  timing: RampTiming;
};

export type VnishOptions = { id: string; kind: 'vnish'; timing?: Partial<RampTiming> } & Partial<
  Omit<VnishSpec, 'timing'>
>;

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function vnishSpec(options: VnishOptions, place: number): VnishSpec {
  const hex = place.toString(16).padStart(4, '0').toUpperCase();
  return {
    host: `10.0.1.${10 + place}`,
    port: 80,
    mac: `02:5A:11:21:${hex.slice(0, 2)}:${hex.slice(2)}`,
    serial: `SIMS21${hex}`,
    model: 'Antminer S21 Pro',
    firmware: '1.3.4',
    ratedW: 3500,
    ratedThs: 234,
    residualW: 30,
    password: 'simulated',
    asleep: false,
    sleepSurvivesReboot: true,
    readsLocked: false,
    old: false,
    ...options,
    timing: { ...vnishTiming, ...options.timing },
  };
}
