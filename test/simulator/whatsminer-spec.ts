/** What a simulated WhatsMiner is and how fast its firmware is. The README says where the numbers come from. */
import type { Millis } from '#protocol/units.ts';
import type { MinerSpec, Settling } from './miner-spec.ts';

export type WhatsminerTiming = {
  /** From a request to its effect and its reply. */
  replyMs: Millis;
  powerOff: Settling;
  percent: Settling;
  /** From power_on to the first watts, then the warm-up at low power, then the climb of the frequency. */
  bootMs: Millis;
  preheatMs: Millis;
  upfreqMs: Millis;
  /** How long the control board is away. */
  rebootMs: Millis;
};

const realisticTiming: WhatsminerTiming = {
  replyMs: 30,
  powerOff: { deadMs: 500, tauMs: 300 },
  percent: { deadMs: 200, tauMs: 200 },
  bootMs: 20_000,
  preheatMs: 60_000,
  upfreqMs: 390_000,
  rebootMs: 60_000,
};

/** The same machine for people who watch: cuts as fast as in the field, returns that nobody has to wait for. */
export const demoTiming: WhatsminerTiming = {
  ...realisticTiming,
  bootMs: 1000,
  preheatMs: 1000,
  upfreqMs: 6000,
  rebootMs: 4000,
};

/** Its MAC is printed in upper case with colons; with the factory's password `admin` every write is refused. */
export type WhatsminerSpec = MinerSpec & { sleepSurvivesReboot: boolean; timing: WhatsminerTiming };

export type WhatsminerOptions = {
  id: string;
  kind?: 'whatsminer';
  timing?: Partial<WhatsminerTiming>;
} & Partial<Omit<WhatsminerSpec, 'timing'>>;

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function whatsminerSpec(options: WhatsminerOptions, place: number): WhatsminerSpec {
  const hex = place.toString(16).padStart(4, '0').toUpperCase();
  return {
    host: `10.0.1.${10 + place}`,
    port: 4028,
    mac: `02:5A:11:A5:${hex.slice(0, 2)}:${hex.slice(2)}`,
    serial: `SIMM50S${hex}`,
    model: 'M50S_VH50',
    firmware: '20240315.12.REL',
    ratedW: 3300,
    ratedThs: 126,
    residualW: 20,
    password: 'simulated',
    asleep: false,
    sleepSurvivesReboot: false,
    ...options,
    timing: { ...realisticTiming, ...options.timing },
  };
}
