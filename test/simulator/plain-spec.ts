/** What the miners have on paper whose firmwares differ in what they say, and not in how fast they are: nobody knows. */
import type { MinerSpec } from './miner-spec.ts';
import type { RampSpec, RampTiming } from './ramp-miner.ts';

/** All assumed: no maker of these has published a figure. */
const plainTiming: RampTiming = {
  replyMs: 30,
  sleep: { deadMs: 1500, tauMs: 800 },
  startMs: 10_000,
  rampMs: 60_000,
  changeMs: 10_000,
  rebootMs: 60_000,
};

export type PlainOptions<Kind extends string> = { id: string; kind: Kind; timing?: Partial<RampTiming> } & Partial<
  Omit<RampSpec, 'timing'>
>;

/** What a firmware's own file says of its machine. `code` is one of two hexadecimal digits for its MACs. */
export type PlainMachine = Pick<MinerSpec, 'port' | 'model' | 'firmware' | 'ratedW' | 'ratedThs' | 'residualW'> & {
  code: string;
  sleepSurvivesReboot: boolean;
  /** Where it is another size of thing than the rest. */
  timing?: Partial<RampTiming>;
};

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function plainSpec(
  { timing, ...options }: PlainOptions<string>,
  place: number,
  { code, ...machine }: PlainMachine,
): RampSpec {
  const hex = place.toString(16).padStart(4, '0');
  return {
    host: `10.0.1.${10 + place}`,
    mac: `02:5a:11:${code}:${hex.slice(0, 2)}:${hex.slice(2)}`,
    serial: `SIM${code}${hex}`.toUpperCase(),
    password: 'simulated',
    asleep: false,
    ...machine,
    ...options,
    timing: { ...plainTiming, ...machine.timing, ...timing },
  };
}
