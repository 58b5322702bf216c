/** The last looks at the grid's frequency, each with the voltage of the same read. Pure. */
import type { Hertz, Millis, Volts } from '#protocol/units.ts';
import type { MeterReading, Now } from './observation.ts';

export type FrequencySample = { readonly mono: Millis; readonly hz: Hertz; readonly voltageV?: Volts };

/** Long enough to tell that a meter has frozen. */
export const FREQUENCY_SPAN_MS: Millis = 15_000;

export function withFrequency(
  samples: readonly FrequencySample[],
  { frequencyHz, voltageV }: MeterReading,
  now: Now,
): readonly FrequencySample[] {
  if (frequencyHz === undefined) return samples;
  const from = samples.findIndex(({ mono }) => mono >= now.mono - FREQUENCY_SPAN_MS);
  const recent = from > 0 ? samples.slice(from) : samples;
  return [...recent, { mono: now.mono, hz: frequencyHz, ...(voltageV !== undefined && { voltageV }) }];
}
