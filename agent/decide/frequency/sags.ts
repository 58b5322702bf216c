/** Counts the voltage sags that the feed meter has seen, whether or not an order asks about them: none is a reason to cut. */
import type { Now } from '#agent/state/observation.ts';
import type { MeterView } from '#agent/state/picture.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Millis, Volts } from '#protocol/units.ts';
import { sags } from './believed.ts';

export type Sagging = {
  /** Seen since the start, each once however long it lasts, and whether one lasts. */
  readonly sags: number;
  readonly sagging: boolean;
  /** Of the last look, monotonic. */
  readonly at: Millis;
};

/** Every look that has come since the last decision; without a frequency in them only the newest is kept. */
export function withSags(
  before: Sagging,
  meter: MeterView | undefined,
  nominalV: Volts | undefined,
  now: Now,
): Sagging {
  let { sags: counted, sagging } = before;
  if (nominalV === undefined) return { sags: counted, sagging, at: now.mono };
  for (const voltageV of voltagesSince(meter, before.at, now)) {
    const isSag = sags(voltageV, nominalV);
    if (isSag && !sagging) counted += 1;
    sagging = isSag;
  }
  return { sags: counted, sagging, at: now.mono };
}

function voltagesSince(meter: MeterView | undefined, at: Millis, now: Now): Volts[] {
  if (!meter) return [];
  const frequency = meter.frequency.filter(({ mono }) => mono > at).flatMap(({ voltageV }) => voltageV ?? []);
  if (meter.frequency.length > 0) return frequency;
  return [freshMeter(meter, now)?.voltageV ?? []].flat();
}
