/** Every rack as one cell of the map: what fills it, what frames it, and where it lies. */
import type { RackMode } from '#protocol/telemetry.ts';
import type { Millis } from '#protocol/units.ts';
import type { Rack } from './site.ts';
import { byName, isFresh, isOffline } from './site.ts';

export const fills = ['temperature', 'deviation', 'load'] as const;
export type Fill = (typeof fills)[number];

/** What the two ends of each scale stand for. */
export const scales: {
  readonly [Each in Fill]: { readonly from: number; readonly to: number; readonly unit: string };
} = {
  /** Of the air that goes in, else of the coolant. */
  temperature: { from: 15, to: 40, unit: '°C' },
  /** Of the power from the line, in percent of the rated watts. */
  deviation: { from: -25, to: 25, unit: '% of rated from the line' },
  load: { from: 0, to: 100, unit: '% of rated' },
};

export type Cell = {
  readonly id: string;
  /** In the unit of its scale; undefined where it is not known now. */
  readonly value: number | undefined;
  readonly mode: RackMode | undefined;
  readonly contact: 'fresh' | 'silent' | 'offline';
  readonly alarm: 'critical' | 'warning' | undefined;
};

export function cellOf(rack: Rack, fill: Fill, nowMs: Millis): Cell {
  const contact = isOffline(rack) ? 'offline' : isFresh(rack, nowMs) ? 'fresh' : 'silent';
  const severities = [...rack.alarms.values()].map(({ severity }) => severity);
  const alarm = severities.includes('critical') ? 'critical' : severities[0];
  return { id: rack.id, value: worth(rack, fill, nowMs), mode: rack.state?.mode, contact, alarm };
}

function worth(rack: Rack, fill: Fill, nowMs: Millis): number | undefined {
  const { power, thermal, info } = rack;
  if (fill === 'temperature') {
    return rack.thermalUntilMs > nowMs ? (thermal?.inlet_c ?? thermal?.coolant_c ?? undefined) : undefined;
  }
  if (!isFresh(rack, nowMs) || power?.power_w == null || !info?.rated_w) return undefined;
  if (fill === 'load') return (100 * power.power_w) / info.rated_w;
  return power.line_w === null ? undefined : (100 * (power.power_w - power.line_w)) / info.rated_w;
}

/** Where a value lies on its scale, 0 to 1. */
export function share(value: number, fill: Fill): number {
  const { from, to } = scales[fill];
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

export type Block = { readonly group: string; readonly ids: readonly string[] };

/** Racks by their first group, as they stand in rows; names in the order people count. */
export function blocksOf(racks: ReadonlyMap<string, Rack>): Block[] {
  const groups = Map.groupBy(racks.values(), ({ info }) => info?.groups[0] ?? '');
  return [...groups]
    .sort(([a], [b]) => Number(a === '') - Number(b === '') || byName(a, b))
    .map(([group, some]) => ({ group: group || 'no group', ids: some.map(({ id }) => id).sort(byName) }));
}

export type Place = { readonly id: string; readonly x: number; readonly y: number };
export type Floor = {
  /** The side of a cell, its gap included, in CSS pixels. */
  readonly pitch: number;
  readonly labelWidth: number;
  readonly height: number;
  readonly places: readonly Place[];
  readonly labels: readonly { readonly text: string; readonly y: number }[];
};

const LABEL_PX = 52;
const SMALLEST_PX = 13;
const LARGEST_PX = 28;
const BETWEEN_PX = 3;

/** One row a group where that fits, else as many as it needs. */
export function floorOf(blocks: readonly Block[], width: number): Floor {
  const labelWidth = blocks.length > 1 ? LABEL_PX : 0;
  const longest = Math.max(1, ...blocks.map(({ ids }) => ids.length));
  const room = Math.max(SMALLEST_PX, width - labelWidth);
  const pitch = Math.min(LARGEST_PX, Math.max(SMALLEST_PX, Math.floor(room / longest)));
  const columns = Math.max(1, Math.floor(room / pitch));
  const places: Place[] = [];
  const labels: { text: string; y: number }[] = [];
  let y = 0;
  for (const { group, ids } of blocks) {
    labels.push({ text: group, y });
    for (const [i, id] of ids.entries()) {
      places.push({ id, x: labelWidth + (i % columns) * pitch, y: y + Math.floor(i / columns) * pitch });
    }
    y += Math.ceil(ids.length / columns) * pitch + BETWEEN_PX;
  }
  return { pitch, labelWidth, height: Math.max(0, y - BETWEEN_PX), places, labels };
}

export function placeAt({ places, pitch }: Floor, x: number, y: number): Place | undefined {
  return places.find((place) => x >= place.x && x < place.x + pitch && y >= place.y && y < place.y + pitch);
}

export type Step = 'left' | 'right' | 'up' | 'down';

/** The next place in a direction, by rows; up and down go to the nearest of the next row. */
export function neighbour({ places }: Floor, id: string | undefined, step: Step): Place | undefined {
  const at = places.findIndex((place) => place.id === id);
  const here = places[at];
  if (!here) return places[0];
  if (step === 'left' || step === 'right') return places[at + (step === 'left' ? -1 : 1)] ?? here;
  const rows = places.filter(({ y }) => (step === 'up' ? y < here.y : y > here.y));
  const rowY = step === 'up' ? Math.max(...rows.map(({ y }) => y)) : Math.min(...rows.map(({ y }) => y));
  const row = rows.filter(({ y }) => y === rowY);
  return row.toSorted((a, b) => Math.abs(a.x - here.x) - Math.abs(b.x - here.x))[0] ?? here;
}
