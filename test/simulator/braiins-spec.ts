/** What a simulated miner with Braiins OS is and how fast it is. The README says where the numbers come from. */
import type { RampSpec, RampTiming } from './ramp-miner.ts';

const braiinsTiming: RampTiming = {
  replyMs: 25,
  sleep: { deadMs: 1000, tauMs: 800 },
  startMs: 30_000,
  rampMs: 120_000,
  changeMs: 60_000,
  rebootMs: 60_000,
};

export type BraiinsSpec = RampSpec & {
  /** Which of its two interfaces this version has. */
  api: 'rest' | 'graphql';
  timing: RampTiming;
};

export type BraiinsOptions = { id: string; kind: 'braiins'; timing?: Partial<RampTiming> } & Partial<
  Omit<BraiinsSpec, 'timing'>
>;

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function braiinsSpec(options: BraiinsOptions, place: number): BraiinsSpec {
  const hex = place.toString(16).padStart(4, '0').toUpperCase();
  return {
    host: `10.0.1.${10 + place}`,
    port: 80,
    mac: `02:5a:11:b0:${hex.slice(0, 2)}:${hex.slice(2)}`.toLowerCase(),
    serial: `SIMBOS${hex}`,
    model: 'Antminer S19 XP',
    firmware: options.api === 'graphql' ? '2024-09-12-0-5a11a5ed-24.09-plus' : '2025-08-06-0-5a11a5ed-25.07-plus',
    ratedW: 3000,
    ratedThs: 141,
    residualW: 30,
    password: 'simulated',
    asleep: false,
    sleepSurvivesReboot: true,
    api: 'rest',
    ...options,
    timing: { ...braiinsTiming, ...options.timing },
  };
}
