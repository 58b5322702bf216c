/** Whether anything speaks against drawing more right now, whatever has ended: the grid is low, or the aisle hot. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture, SensorView } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { freshMeter, freshReading } from '#agent/state/staleness.ts';
import type { Celsius } from '#protocol/units.ts';
import { WHOLE, zonesOf } from './zones.ts';

/** In words; undefined when nothing does. What is not measured speaks neither for nor against. */
export function whyNoRaise(picture: Picture, { restore }: Policy, now: Now): string | undefined {
  const hz = freshMeter(feedMeter(picture), now)?.frequencyHz;
  if (hz !== undefined && restore.above_hz !== undefined && hz < restore.above_hz) {
    return `the grid is at ${hz.toFixed(3)} Hz: nothing is raised below ${restore.above_hz} Hz`;
  }
  const hottest = warmestInlet(sensorsOfAll(picture), now);
  if (hottest !== undefined && restore.inlet_below_c !== undefined && hottest >= restore.inlet_below_c) {
    return `the inlet is at ${hottest.toFixed(1)} °C: nothing is raised at ${restore.inlet_below_c} °C or more`;
  }
  return undefined;
}

/** Degrees below that limit within which less and less may be promised: the racks beside it warm the same aisle. */
const FADING_C = 5;
/** Told in tenths, so that a sensor's noise changes no offer. */
const TENTHS = 10;

/** Share of a device's raise that the inlets of its zones leave room for, 0 to 1; 1 where no limit or no sensor tells. */
export function thermalHeadroom(picture: Picture, { restore, thermal }: Policy, now: Now): (device: string) => number {
  const limitC = Math.min(
    restore.inlet_below_c ?? Number.POSITIVE_INFINITY,
    thermal.inlet_warn_c ?? Number.POSITIVE_INFINITY,
  );
  const zones = zonesOf(picture).map(({ has, sensors }) => {
    const left = (limitC - (warmestInlet(sensors, now) ?? Number.NEGATIVE_INFINITY)) / FADING_C;
    return { has, headroom: Math.floor(Math.min(1, Math.max(0, left)) * TENTHS) / TENTHS };
  });
  return (device) => Math.min(1, ...zones.filter(({ has }) => has(device)).map(({ headroom }) => headroom));
}

/** Of these sensors; undefined when none of them that feels an inlet has spoken lately. */
export function warmestInlet(sensors: readonly SensorView[], now: Now): Celsius | undefined {
  const readings = sensors
    .filter(({ facts }) => facts.role === 'inlet')
    .flatMap((sensor) => freshReading(sensor, now)?.temperatureC ?? []);
  return readings.length > 0 ? Math.max(...readings) : undefined;
}

/** What watches over a part of the rack says nothing of all of it. */
function sensorsOfAll(picture: Picture): readonly SensorView[] {
  return zonesOf(picture).find(({ key }) => key === WHOLE)?.sensors ?? [];
}
