/** What the cooling can bear, zone by zone: a share of full load, and whether anything may start. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now, SensorReading } from '#agent/state/observation.ts';
import type { Picture, SensorView } from '#agent/state/picture.ts';
import { ageMs } from '#agent/state/picture.ts';
import { freshReading } from '#agent/state/staleness.ts';
import type { Celsius, Millis } from '#protocol/units.ts';
import type { Zone } from './zones.ts';
import { WHOLE, zonesOf } from './zones.ts';

type Heat = {
  /** Of what the devices can draw above their lowest, 0 to 1. */
  readonly share: number;
  /** Only a real reading trips, never the lack of one. */
  readonly tripped: boolean;
  readonly why: string;
};

/** Of the devices of one zone. */
export type ZoneHeat = Heat & Pick<Zone, 'has'>;

/** What is remembered of a zone: a trip stays until it is cool again, and a share rises only step by step. */
type Remembered = { readonly share: number; readonly tripped: boolean; readonly movedAt: Millis };
export type HeatMemory = Readonly<Record<string, Remembered>>;

/** A share is one of so many steps, so that a sensor's noise moves no device. */
const STEPS = 10;
/** Each step back up waits this long. */
const RISE_MS: Millis = 30_000;
/** A sensor that fell silent takes the share down this far over this long, and no further. */
const BLIND_SHARE = 0.5;
const BLIND_MS: Millis = 600_000;

export function heatOf(
  picture: Picture,
  policy: Policy,
  before: HeatMemory,
  now: Now,
): { heat: readonly ZoneHeat[]; memory: HeatMemory } {
  const felt = zonesOf(picture).map((zone) => ({ zone, ...heatIn(zone, policy, before[zone.key] ?? COOL, now) }));
  return {
    heat: felt.map(({ zone, heat }) => ({ ...heat, has: zone.has })),
    memory: Object.fromEntries(felt.map(({ zone, memory }) => [zone.key, memory])),
  };
}

const BLIND_SINCE = 'no sensor has spoken since it was too hot';
const COOL: Remembered = { share: 1, tripped: false, movedAt: 0 };

function heatIn({ sensors }: Zone, policy: Policy, before: Remembered, now: Now): { heat: Heat; memory: Remembered } {
  const found = sensors.map((sensor) => judged(sensor, policy, before.tripped, now));
  const worst = found.reduce((a, b) => (b.share < a.share ? b : a), NO_LIMIT);
  // Whether it has cooled down since is then not known.
  const isBlind = before.tripped && sensors.every((sensor) => freshReading(sensor, now) === undefined);
  if (isBlind) return { heat: { share: 0, tripped: true, why: BLIND_SINCE }, memory: before };
  const share = worst.tripped ? 0 : stepped(worst.share, before, now);
  const memory = { share, tripped: worst.tripped, movedAt: share === before.share ? before.movedAt : now.mono };
  return { heat: { ...worst, share, why: share < 1 && worst.share === 1 ? 'cools down' : worst.why }, memory };
}

/** Why nothing of the whole rack may be woken, in words. */
export function whyNoStart(picture: Picture, policy: Policy, now: Now): string | undefined {
  const whole = zonesOf(picture).find(({ key }) => key === WHOLE);
  return whole && whyNoStartIn(whole, policy, now);
}

/** What is felt of a zone now that leaves it less than all, in words. */
export function whyHot({ sensors }: Zone, policy: Policy, now: Now): string | undefined {
  const heard = sensors.filter((sensor) => freshReading(sensor, now));
  return heard.map((sensor) => judged(sensor, policy, false, now)).find(({ share }) => share < 1)?.why;
}

/** Of one zone. */
export function whyNoStartIn({ sensors }: Zone, { thermal: { coolant_min_c } }: Policy, now: Now): string | undefined {
  for (const sensor of sensors) {
    const reading = freshReading(sensor, now);
    const isSilent = sensor.reading !== undefined && reading === undefined;
    if (isSilent) return `sensor ${sensor.facts.id} is silent`;
    const coldest = reading && coolantC(sensor, reading);
    if (coldest !== undefined && coolant_min_c !== undefined && coldest < coolant_min_c) {
      return `the coolant is at ${coldest.toFixed(1)} °C: nothing starts below ${coolant_min_c} °C`;
    }
  }
  return undefined;
}

const NO_LIMIT: Heat = { share: 1, tripped: false, why: '' };

function judged(sensor: SensorView, { thermal }: Policy, wasTripped: boolean, now: Now): Heat {
  const { id, role } = sensor.facts;
  const reading = freshReading(sensor, now);
  if (!reading) return blind(sensor, now);
  if (reading.leak) return { share: 0, tripped: true, why: `${id} reports a leak` };
  const { flow_min_lpm } = thermal;
  if (reading.flowLpm !== undefined && flow_min_lpm !== undefined && reading.flowLpm < flow_min_lpm) {
    return { share: 0, tripped: true, why: `${reading.flowLpm} l/min of coolant at ${id} are too little` };
  }
  const inlet = role === 'inlet' ? reading.temperatureC : undefined;
  const air = warmth(inlet, thermal.inlet_warn_c, thermal.inlet_trip_c, `the inlet at ${id}`);
  const water = warmth(
    coolantC(sensor, reading),
    thermal.coolant_warn_c,
    thermal.coolant_trip_c,
    `the coolant at ${id}`,
  );
  const worst = water.share < air.share ? water : air;
  const warmest = Math.max(inlet ?? Number.NEGATIVE_INFINITY, coolantC(sensor, reading) ?? Number.NEGATIVE_INFINITY);
  const still = wasTripped && thermal.restart_below_c !== undefined && warmest >= thermal.restart_below_c;
  if (!still || worst.tripped) return worst;
  return {
    share: 0,
    tripped: true,
    why: `${id} is at ${warmest.toFixed(1)} °C: nothing restarts above ${thermal.restart_below_c} °C`,
  };
}

function coolantC({ facts: { role } }: SensorView, { temperatureC, coolantInC }: SensorReading): Celsius | undefined {
  return coolantInC ?? (role === 'coolant' || role === 'coolant_in' ? temperatureC : undefined);
}

/** A limit without its other end is a step. */
function warmth(
  celsius: Celsius | undefined,
  warnC = Number.POSITIVE_INFINITY,
  tripC = Number.POSITIVE_INFINITY,
  what = '',
): Heat {
  if (celsius === undefined || celsius < Math.min(warnC, tripC)) return NO_LIMIT;
  const why = `${what} is at ${celsius.toFixed(1)} °C`;
  if (celsius >= tripC) return { share: 0, tripped: true, why };
  const left = tripC === Number.POSITIVE_INFINITY ? BLIND_SHARE : (tripC - celsius) / (tripC - warnC);
  return { share: left, tripped: false, why };
}

function blind(sensor: SensorView, now: Now): Heat {
  const age = ageMs(sensor.reading, now);
  if (age === undefined) return NO_LIMIT;
  const share = 1 - (1 - BLIND_SHARE) * Math.min(1, age / BLIND_MS);
  return {
    share,
    tripped: false,
    why: `sensor ${sensor.facts.id} has been silent for ${Math.round(age / 60_000)} min`,
  };
}

/** Down at once, up by one step at a time and never within a step of noise. */
function stepped(share: number, before: Remembered, now: Now): number {
  const step = Math.floor(share * STEPS + 1e-9) / STEPS;
  if (step <= before.share) return step;
  return now.mono - before.movedAt >= RISE_MS ? Math.min(step, before.share + 1 / STEPS) : before.share;
}
