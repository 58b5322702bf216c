/** What a simulated LuxOS miner is and how fast its firmware is. The README says where the numbers come from. */
import type { Millis } from '#protocol/units.ts';
import type { MinerSpec, Settling } from './miner-spec.ts';

export type LuxosTiming = {
  /** From a request to its effect and its reply. */
  replyMs: Millis;
  sleep: Settling;
  /** From a wake-up to the first watts: the power supply and the chips start. */
  startMs: Millis;
  /** From the first watts to all of them, as always and with `mode=unsafe`. */
  rampMs: Millis;
  unsafeRampMs: Millis;
  /** From one profile to another. */
  profileMs: Millis;
  /** How long the control board is away. */
  rebootMs: Millis;
};

const luxosTiming: LuxosTiming = {
  replyMs: 20,
  sleep: { deadMs: 500, tauMs: 600 },
  startMs: 1500,
  rampMs: 60_000,
  unsafeRampMs: 7500,
  profileMs: 30_000,
  rebootMs: 60_000,
};

/** The same machine for people who watch: cuts as fast as in the field, returns that nobody has to wait for. */
export const luxosDemoTiming: LuxosTiming = { ...luxosTiming, rampMs: 6000, profileMs: 4000, rebootMs: 4000 };

/** `ratedW` and `ratedThs` belong to the default profile. */
export type LuxosSpec = MinerSpec & {
  /** Whether the firmware's thermal management, which forbids setting a profile, is on at the start. */
  atmEnabled: boolean;
  timing: LuxosTiming;
};

export type LuxosOptions = { id: string; kind: 'luxos'; timing?: Partial<LuxosTiming> } & Partial<
  Omit<LuxosSpec, 'timing'>
>;

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function luxosSpec(options: LuxosOptions, place: number): LuxosSpec {
  const hex = place.toString(16).padStart(4, '0');
  return {
    host: `10.0.1.${10 + place}`,
    port: 4028,
    mac: `02:5a:11:05:${hex.slice(0, 2)}:${hex.slice(2)}`,
    serial: `SIMS19K${hex.toUpperCase()}`,
    model: 'Antminer S19k Pro',
    firmware: '2026.1.14.101500-5a11a5ed',
    ratedW: 2800,
    ratedThs: 120,
    residualW: 25,
    password: '',
    asleep: false,
    atmEnabled: false,
    ...options,
    timing: { ...luxosTiming, ...options.timing },
  };
}
