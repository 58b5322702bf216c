/** Watts over the last minutes, by a meter and by outlets, as they were seen at the time. Pure. */
import type { Millis, Watts } from '#protocol/units.ts';
import type { Now, PduReading } from './observation.ts';
import type { At, DeviceView, MeterView, Picture, Sample } from './picture.ts';
import { feedMeter } from './picture.ts';

export type Point = { readonly mono: Millis; readonly watts: Watts };

/** Long enough for the slowest wake there is, and a little before it. */
export const TREND_SPAN_MS: Millis = 16 * 60_000;
/** Between two points of what is kept beyond a meter's own samples. */
const TREND_STEP_MS: Millis = 5000;
/** What was drawn just before something began. */
const BEFORE_MS: Millis = 10_000;

export function withTrend(trend: readonly Sample[] = [], sample: Sample): readonly Sample[] {
  const last = trend.at(-1);
  if (last && sample.mono - last.mono < TREND_STEP_MS) return trend;
  return [...young(trend, ({ mono }) => mono, sample.mono), sample];
}

export function withEarlier(
  earlier: readonly At<PduReading>[] = [],
  reading: At<PduReading>,
): readonly At<PduReading>[] {
  return [...young(earlier, ({ at }) => at.mono, reading.at.mono), reading];
}

/** Samples after that moment. Found from the end: a frequency meter keeps thousands, and the last few are asked for. */
export function samplesAfter({ samples }: MeterView, mono: Millis): readonly Sample[] {
  return samples.slice(samples.findLastIndex((sample) => sample.mono <= mono) + 1);
}

/** Of the feed meter, where it covers the device; from just before `since`. */
export function feedSeries(picture: Picture, { facts }: DeviceView, since: Now): Point[] {
  const meter = feedMeter(picture);
  if (!meter || meter.still?.isFrozen || (meter.facts.covers !== 'all' && !meter.facts.covers.includes(facts.id)))
    return [];
  const from = since.mono - BEFORE_MS;
  const first = meter.samples[0]?.mono ?? Number.POSITIVE_INFINITY;
  const older = (meter.trend ?? []).filter(({ mono }) => mono >= from && mono < first);
  return [...older, ...meter.samples.filter(({ mono }) => mono >= from)].map(pointOf);
}

/** Of the outlets that feed the device, together; empty where they do not tell. */
export function outletSeries({ pdus }: Picture, { facts: { outlets } }: DeviceView, since: Now): Point[] {
  const [first] = outlets;
  // All on one PDU are read together; those of two PDUs have no common moments, and then the feed must tell.
  if (!first || outlets.some(({ pdu }) => pdu !== first.pdu)) return [];
  const readings = (pdus[first.pdu]?.earlier ?? []).filter(({ at }) => at.mono >= since.mono - BEFORE_MS);
  return readings.flatMap((reading) => {
    const watts = outlets.map(({ outlet }) => reading.outlets.find((each) => each.outlet === outlet)?.powerW);
    const known = watts.filter((each) => each !== undefined);
    if (known.length < outlets.length) return [];
    return [{ mono: reading.at.mono, watts: known.reduce((sum, each) => sum + each, 0) }];
  });
}

/** Watts of every outlet, such as `pdu-a/3`, just before `since` and now. */
export function outletChanges({ pdus }: Picture, since: Now): Record<string, { beforeW: Watts; afterW: Watts }> {
  const changes = Object.values(pdus).flatMap(({ facts, reading, earlier = [] }) => {
    const before = earlier.findLast(({ at }) => at.mono <= since.mono);
    if (!before || !reading) return [];
    return reading.outlets.flatMap(({ outlet, powerW: afterW }) => {
      const beforeW = before.outlets.find((each) => each.outlet === outlet)?.powerW;
      return beforeW === undefined || afterW === undefined ? [] : [[`${facts.id}/${outlet}`, { beforeW, afterW }]];
    });
  });
  return Object.fromEntries(changes);
}

export function meanW(points: readonly Point[]): Watts | undefined {
  if (points.length === 0) return undefined;
  return points.reduce((sum, { watts }) => sum + watts, 0) / points.length;
}

function pointOf({ mono, powerW }: Sample): Point {
  return { mono, watts: powerW };
}

function young<T>(list: readonly T[], monoOf: (each: T) => Millis, mono: Millis): readonly T[] {
  const first = list[0];
  return first === undefined || mono - monoOf(first) <= TREND_SPAN_MS ? list : list.slice(1);
}
