/** What a simulated WhatsMiner with API v3 is and how fast it is. The README says where the numbers come from. */
import type { RampSpec, RampTiming } from './ramp-miner.ts';

const whatsminerV3Timing: RampTiming = {
  replyMs: 30,
  sleep: { deadMs: 500, tauMs: 300 },
  startMs: 80_000,
  rampMs: 390_000,
  changeMs: 600,
  rebootMs: 60_000,
};

export type WhatsminerV3Spec = RampSpec & {
  /** Whether it takes a percentage as the text of an object, as the maker's sample sends it, or as the object. */
  percentAsText: boolean;
  /** Seconds by which a signature's time may differ from the miner's clock, which may be off by `clockOffS`. */
  signatureWindowS: number;
  clockOffS: number;
};

export type WhatsminerV3Options = { id: string; kind: 'whatsminer-v3'; timing?: Partial<RampTiming> } & Partial<
  Omit<WhatsminerV3Spec, 'timing'>
>;

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function whatsminerV3Spec(options: WhatsminerV3Options, place: number): WhatsminerV3Spec {
  const hex = place.toString(16).padStart(4, '0').toUpperCase();
  return {
    host: `10.0.1.${10 + place}`,
    port: 4433,
    mac: `02:5A:11:A6:${hex.slice(0, 2)}:${hex.slice(2)}`,
    serial: `SIMM60S${hex}`,
    model: 'M60S_VK40',
    firmware: '20251209.16.Rel2',
    ratedW: 3400,
    ratedThs: 184,
    residualW: 20,
    password: 'simulated',
    asleep: false,
    sleepSurvivesReboot: false,
    percentAsText: false,
    signatureWindowS: 60,
    clockOffS: 0,
    ...options,
    timing: { ...whatsminerV3Timing, ...options.timing },
  };
}
