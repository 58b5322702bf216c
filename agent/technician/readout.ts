/** Every point of an instrument, read now: its registers as they came, and what they mean. */
import type { Instrument, Reading } from '#adapters/modbus/instrument.ts';
import type { PointReading } from '#adapters/modbus/look.ts';
import type { Outlets } from '#adapters/modbus/outlets.ts';
import { isClosed } from '#adapters/modbus/outlets.ts';
import type { PointKey } from '#adapters/modbus/quantities.ts';
import { unitOf } from '#adapters/modbus/quantities.ts';
import type { OutletMap, Point } from '#adapters/modbus/register-map.ts';
import { pollClasses } from '#adapters/modbus/register-map.ts';
import { shifted, writeOf } from '#adapters/modbus/repeats.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';

export type Line = {
  /** The key of the point; of an outlet with its number before it, such as `3/power_w`. */
  point: string;
  /** Table and address of the first register as in the map: SunSpec counts from the model that was found. */
  register: string;
  /** The registers in hex, or the bit; null when they could not be read. */
  raw: string | null;
  /** In `unit`; null when there is none. */
  value: number | null;
  unit: string;
  age_ms: number | null;
  /** Why there is no value. */
  trouble: string | null;
};

export type Readable = { readonly instrument: Instrument; readonly outlets?: Outlets };

/** Rejects only with the reason of `signal`, or when a control takes the wire. */
export async function readout(
  { instrument, outlets }: Readable,
  clock: Pick<Clock, 'monotonic'>,
  signal?: AbortSignal,
): Promise<Line[]> {
  const { map } = instrument;
  const inlet = linesOf((await instrument.read(pollClasses, signal)).points, map.points, '', clock.monotonic());
  const each = (await outlets?.read(pollClasses, signal)) ?? [];
  const fed = each.flatMap(({ outlet, points }) => {
    const own = (map.outlets?.points ?? []).map((point) => shifted(point, (outlet - 1) * (map.outlets?.stride ?? 0)));
    return linesOf(points, [...own, ...relayOf(map.outlets?.switch, outlet)], `${outlet}/`, clock.monotonic());
  });
  return [...inlet, ...fed];
}

type Place = Pick<Point, 'key' | 'table' | 'address' | 'type'>;

function relayOf(relay: OutletMap['switch'], outlet: number): Place[] {
  return relay ? [isClosed(writeOf(relay, outlet))] : [];
}

function linesOf(readings: Reading['points'], points: readonly Place[], prefix: string, now: Millis): Line[] {
  return Object.entries(readings).map(([key, reading]) => {
    const point = points.find((each) => each.key === key);
    const unit = unitOf(key as PointKey);
    const register = point ? `${point.table} ${point.address}` : '';
    return { point: prefix + key, register, unit: unit === '1' ? '' : unit, ...said(reading, now, point?.type) };
  });
}

function said(
  reading: PointReading,
  now: Millis,
  type: Point['type'] | undefined,
): Pick<Line, 'raw' | 'value' | 'age_ms' | 'trouble'> {
  if (reading.kind === 'failed') return { raw: null, value: null, age_ms: null, trouble: reading.error.message };
  const raw = reading.raw
    .map((word) => (type === 'bit' ? `${word}` : word.toString(16).toUpperCase().padStart(4, '0')))
    .join(' ');
  const heard = { raw, age_ms: Math.round(now - reading.mono) };
  switch (reading.kind) {
    case 'value':
      return { ...heard, value: reading.value, trouble: null };
    case 'absent':
      return { ...heard, value: null, trouble: 'not available' };
    case 'implausible':
      return { ...heard, value: null, trouble: reading.detail };
  }
}
