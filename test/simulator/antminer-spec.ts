/** What a simulated Antminer with stock firmware is and how fast it is. The README says where the numbers come from. */
import type { Millis } from '#protocol/units.ts';
import type { RampSpec, RampTiming } from './ramp-miner.ts';

type AntminerTiming = RampTiming & {
  /** From a change of the configuration to its reply: it comes when the mining process has been restarted. */
  configMs: Millis;
};

const antminerTiming: AntminerTiming = {
  replyMs: 40,
  configMs: 21_000,
  sleep: { deadMs: 4000, tauMs: 800 },
  startMs: 45_000,
  rampMs: 180_000,
  changeMs: 30_000,
  rebootMs: 60_000,
};

export type AntminerSpec = RampSpec & {
  /** The 17 series takes a form and sleeps at 254, later ones take JSON and sleep at 1. */
  series: 17 | 19;
  /** The keys of a new configuration that this build looks at; it acknowledges the others and does nothing. */
  obeys: readonly ('miner-mode' | 'bitmain-work-mode')[];
  /** Whether it takes a mode only as text, as some builds do. */
  modeAsText: boolean;
  /** Whether it says its watts on port 6060. */
  tellsPower: boolean;
  /** The mode it is in at the start, or in which it woke last: 0 normal, 2 high, 3 low. */
  mode: number;
  timing: AntminerTiming;
};

export type AntminerOptions = { id: string; kind: 'antminer'; timing?: Partial<AntminerTiming> } & Partial<
  Omit<AntminerSpec, 'timing'>
>;

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function antminerSpec(options: AntminerOptions, place: number): AntminerSpec {
  const hex = place.toString(16).padStart(4, '0').toUpperCase();
  return {
    host: `10.0.1.${10 + place}`,
    port: 80,
    mac: `02:5A:11:19:${hex.slice(0, 2)}:${hex.slice(2)}`,
    serial: `SIMS19${hex}`,
    model: options.series === 17 ? 'Antminer T17' : 'Antminer S19 XP',
    firmware: 'Mon Nov 21 16:43:16 CST 2022',
    ratedW: 3010,
    ratedThs: 140,
    residualW: 22,
    password: 'simulated',
    asleep: false,
    sleepSurvivesReboot: true,
    series: 19,
    obeys: ['miner-mode', 'bitmain-work-mode'],
    modeAsText: false,
    tellsPower: false,
    mode: 0,
    ...options,
    timing: { ...antminerTiming, ...options.timing },
  };
}
