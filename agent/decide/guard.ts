/** Whether anything speaks against drawing more right now, whatever has ended: the grid is low, or the aisle hot. */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { freshMeter, freshReading } from '#agent/state/staleness.ts';

/** In words; undefined when nothing does. What is not measured speaks neither for nor against. */
export function whyNoRaise(picture: Picture, { restore }: Policy, now: Now): string | undefined {
  const hz = freshMeter(feedMeter(picture), now)?.frequencyHz;
  if (hz !== undefined && restore.above_hz !== undefined && hz < restore.above_hz) {
    return `the grid is at ${hz.toFixed(3)} Hz: nothing is raised below ${restore.above_hz} Hz`;
  }
  const hottest = warmestInlet(picture, now);
  if (hottest !== undefined && restore.inlet_below_c !== undefined && hottest >= restore.inlet_below_c) {
    return `the inlet is at ${hottest.toFixed(1)} °C: nothing is raised at ${restore.inlet_below_c} °C or more`;
  }
  return undefined;
}

function warmestInlet({ sensors }: Picture, now: Now): number | undefined {
  const readings = Object.values(sensors)
    .filter(({ facts }) => facts.role === 'inlet')
    .flatMap((sensor) => freshReading(sensor, now)?.temperatureC ?? []);
  return readings.length > 0 ? Math.max(...readings) : undefined;
}
