/**
 * Closes the loop on the meter: what the rack draws beside what the plan expects, learned slowly and taken off what the
 * devices may share. A device's nameplate is known to a few percent, its meter to a tenth of one.
 *
 *   trim <- trim + half of ((mean metered - expected) - trim)       while nothing else moves
 *
 * It learns only from samples that came after every device's own dead time, under an unchanged plan, on a fresh meter
 * that sees all of them, and while a device is left that could follow. A ceiling is never trimmed upwards.
 */
import { dropS } from '#agent/state/learn.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, MeterView, Picture } from '#agent/state/picture.ts';
import { devicesOf, feedMeter } from '#agent/state/picture.ts';
import { samplesAfter } from '#agent/state/series.ts';
import { shows } from '#agent/state/setting.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Envelope } from '../demand/compose.ts';

export type Trim = {
  /** Watts the rack draws more than planned; negative for less. */
  readonly watts: Watts;
  /** What it was learned under: another event begins anew. */
  readonly events: string;
  /** What the last plan expected, and since when it has been the same, monotonic. */
  readonly expectedW: Watts;
  readonly since: Millis;
};

/** At most this part of the level: what is further off is a fault, and not for a trim to hide. */
const MOST = 0.05;
/** What differs by less than this part of the level is noise. */
const DEADBAND = 0.003;
const GAIN = 0.5;
const LEAST_SAMPLES = 3;

/** What is known before this decision is made. `leastW` is what the rack draws with everything down. */
export type Metering = {
  readonly picture: Picture;
  readonly envelope: Envelope;
  readonly leastW: Watts;
  /** Whether the plan leaves room for a load that comes and goes: then what is expected is not what is drawn. */
  readonly evening: boolean;
  readonly now: Now;
};

export function learnedTrim(before: Trim | undefined, metering: Metering): Trim {
  const { picture, envelope, now } = metering;
  const events = envelope.events.join(' ');
  const start: Trim = { watts: 0, events, expectedW: before?.expectedW ?? 0, since: now.mono };
  if (before?.events !== events) return start;
  if (metering.evening) return before;
  const levelW = envelope.ceilingW ?? envelope.floorW;
  const error = levelW === undefined ? undefined : errorW(before, metering);
  if (levelW === undefined || error === undefined) return before;
  const deadbandW = Math.max(feedMeter(picture)?.facts.resolutionW ?? 0, levelW * DEADBAND);
  if (Math.abs(error - before.watts) <= deadbandW) return before;
  const least = envelope.floorW === undefined ? 0 : -MOST * levelW;
  const watts = before.watts + GAIN * (error - before.watts);
  // Samples that were learned from are not learned from again.
  return { ...before, watts: Math.min(Math.max(watts, least), MOST * levelW), since: now.mono };
}

/** After the decision: samples from before a change of plan say nothing about the new one. */
export function keptTrim(trim: Trim, expectedW: Watts, now: Now): Trim {
  return trim.expectedW === expectedW ? trim : { ...trim, expectedW, since: now.mono };
}

/** Mean metered minus expected; undefined while that says nothing. */
function errorW(trim: Trim, { picture, leastW, now }: Metering): Watts | undefined {
  const meter = feedMeter(picture);
  if (!meter || !freshMeter(meter, now) || !seesAll(meter, picture)) return undefined;
  // Cheap first: a rack of thousands is not looked through at every turn.
  if ((meter.samples.at(-LEAST_SAMPLES)?.mono ?? 0) <= trim.since) return undefined;
  const quietFrom = Math.max(trim.since, settledFrom(picture, now));
  const samples = samplesAfter(meter, quietFrom);
  if (samples.length < LEAST_SAMPLES) return undefined;
  const error = samples.reduce((sum, { powerW }) => sum + powerW, 0) / samples.length - trim.expectedW;
  const isSaturated = error > trim.watts && trim.expectedW <= leastW;
  return isSaturated ? undefined : error;
}

function seesAll({ facts: { covers } }: MeterView, picture: Picture): boolean {
  if (covers === 'all') return true;
  const covered = new Set(covers);
  return devicesOf(picture).every(({ facts }) => covered.has(facts.id));
}

/** From when on nothing moves any more by what was asked, monotonic; infinite while one has yet to do as told. */
function settledFrom(picture: Picture, now: Now): Millis {
  return devicesOf(picture).reduce((latest, device) => Math.max(latest, settledAt(device)), now.mono - SPAN_MS);
}

/** Older samples are of another time of day. */
const SPAN_MS: Millis = 60_000;

function settledAt(device: DeviceView): Millis {
  const { asked, facts } = device;
  if (!asked) return Number.NEGATIVE_INFINITY;
  if (asked.outcome === 'pending' || !shows(device, asked.setting)) return Number.POSITIVE_INFINITY;
  return Math.max(
    asked.settledAt ?? 0,
    (asked.answeredAt ?? asked.at).mono + dropS(facts, asked.setting.kind === 'asleep' ? 'sleep' : 'limit') * 1000,
  );
}
