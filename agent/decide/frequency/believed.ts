/** Whether what the meter says of the grid's frequency may move watts. Whatever is doubtful moves none. */
import type { FrequencySample } from '#agent/state/frequency.ts';
import { FREQUENCY_SPAN_MS } from '#agent/state/frequency.ts';
import type { Now } from '#agent/state/observation.ts';
import type { MeterView } from '#agent/state/picture.ts';
import type { Hertz, Millis, Volts } from '#protocol/units.ts';

export type Frequency =
  /** `lowestHz` is the higher of the last two: both have been that low. */
  | { readonly kind: 'believed'; readonly hz: Hertz; readonly lowestHz: Hertz; readonly ageMs: Millis }
  | { readonly kind: 'sag'; readonly why: string }
  | { readonly kind: 'doubted'; readonly why: string };

/** A coarser meter cannot tell a deadband of 17 mHz. */
const COARSEST_HZ: Hertz = 0.01;
const LEAST_HZ: Hertz = 45;
const MOST_HZ: Hertz = 65;
/** Faster than any large grid moves, and slower than a register that was read in halves. */
const STEEPEST_HZ_PER_S = 5;
/** A voltage below this part of its nominal is a sag, whose phase jump a meter shows as a change of frequency. */
const LEAST_VOLTAGE = 0.9;
/** A sample counts for two of the meter's periods, and for this long at the least. */
const FRESH_MS: Millis = 500;
/** So many samples that agree to the last digit, over nearly all the span, come from a meter that has frozen. */
const FROZEN_SAMPLES = 20;
const FROZEN_SPAN = 0.8;

export function believed(meter: MeterView | undefined, nominalV: Volts | undefined, now: Now): Frequency {
  if (!meter) return doubted('the rack has no feed meter');
  const { id, frequencyResolutionHz: resolution, periodMs } = meter.facts;
  if (resolution === undefined || resolution > COARSEST_HZ) {
    return doubted(`meter ${id} does not resolve ${COARSEST_HZ} Hz`);
  }
  if (nominalV === undefined) return doubted('the policy’s frequency.nominal_v does not say what a sag is');
  const [last, before] = [meter.frequency.at(-1), meter.frequency.at(-2)];
  if (!last || !before) return doubted(`meter ${id} has said too little of the frequency`);
  const ageMs = now.mono - last.mono;
  const freshMs = Math.max(FRESH_MS, 2 * periodMs);
  if (ageMs > freshMs) return doubted(`meter ${id} last told the frequency ${Math.round(ageMs)} ms ago`);
  if (last.mono - before.mono > freshMs) return doubted(`meter ${id} has only begun to tell the frequency again`);
  return judged(last, before, nominalV, ageMs) ?? frozen(meter, now) ?? ok(last, before, ageMs);
}

export function sags(voltageV: Volts, nominalV: Volts): boolean {
  return voltageV < LEAST_VOLTAGE * nominalV;
}

function judged(last: FrequencySample, before: FrequencySample, nominalV: Volts, ageMs: Millis): Frequency | undefined {
  for (const { hz, voltageV } of [last, before]) {
    if (voltageV === undefined) return doubted('no voltage was read with the frequency');
    if (sags(voltageV, nominalV)) return { kind: 'sag', why: `the voltage sags to ${Math.round(voltageV)} V` };
    if (!(hz >= LEAST_HZ && hz <= MOST_HZ)) return doubted(`${hz} Hz is no frequency of a grid`);
  }
  const slope = (Math.abs(last.hz - before.hz) / Math.max(last.mono - before.mono, 1)) * 1000;
  if (slope <= STEEPEST_HZ_PER_S) return undefined;
  return doubted(
    `from ${before.hz} to ${last.hz} Hz within ${Math.round(last.mono - before.mono)} ms: no grid moves so (${Math.round(ageMs)} ms ago)`,
  );
}

function frozen({ facts, frequency }: MeterView, now: Now): Frequency | undefined {
  const [first] = frequency;
  if (!first || frequency.length < FROZEN_SAMPLES) return undefined;
  if (now.mono - first.mono < FROZEN_SPAN * FREQUENCY_SPAN_MS) return undefined;
  const moves = frequency.some(({ hz, voltageV }) => hz !== first.hz || voltageV !== first.voltageV);
  return moves ? undefined : doubted(`meter ${facts.id} has frozen at ${first.hz} Hz`);
}

function ok(last: FrequencySample, before: FrequencySample, ageMs: Millis): Frequency {
  return { kind: 'believed', hz: last.hz, lowestHz: Math.max(last.hz, before.hz), ageMs };
}

function doubted(why: string): Frequency {
  return { kind: 'doubted', why };
}
