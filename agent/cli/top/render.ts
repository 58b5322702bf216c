/** A rack on the whole of a terminal, from 80 columns and 24 rows on; on a smaller one what comes first is shown. */
import type { RackEvent } from '#protocol/lifecycle.ts';
import type { Alarm, AppliedOrder, Power } from '#protocol/telemetry.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import { eventLine } from '../events/render.ts';
import { formatWatts } from '../order/quantities.ts';
import { timeOfDay } from '../order/tell.ts';
import { deviceTable } from '../status/device-table.ts';
import { alarmLine, modeWords, powerLine, thermalLines } from '../status/lines.ts';
import type { RackStatus } from '../status/rack-status.ts';
import { beside, cut } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { Looks } from './steer.ts';
import { orders, sorted } from './steer.ts';

export type View = {
  readonly status: RackStatus;
  /** When that was asked for, wall time. */
  readonly seenAt: Millis;
  /** Oldest first. */
  readonly events: readonly RackEvent[];
  /** Why the agent does not answer any more. */
  readonly away?: string;
};

type Size = { columns: number; rows: number };
type Colours = Pick<Terminal, 'tint'>;
type Screen = Pick<Terminal, 'width' | 'tint'>;

/** Of each, more are only counted: devices and events must stay on the screen. */
const MOST_ORDERS = 3;
const MOST_ALARMS = 3;
const LEAST_EVENTS = 3;

export function formatTop(
  { status, seenAt, events, away, sort, from, nowMs }: View & Looks & { nowMs: Millis },
  { columns, rows }: Size,
  { tint }: Colours,
): string[] {
  const screen = { width: columns, tint };
  const rack = tint('bold', `rack ${status.rack}`);
  const head = [
    beside([rack, ...modeWords(status, screen)].join('  '), timeOfDay(timestampOf(nowMs)), columns),
    ...(away === undefined ? [] : awayLines(away, nowMs - seenAt, screen)),
    powerLine(status.power, nowMs, screen),
    barLine(status, screen),
    ...thermalLines(status.thermal),
    ...few('orders', status.applied?.orders ?? [], MOST_ORDERS, (order) => orderLine(order, nowMs, screen)),
    ...few('brokers', status.brokers, MOST_ORDERS, (broker) => brokerLine(broker, nowMs - seenAt, screen)),
    ...few('alarms', [...status.alarms].sort(byUrgency), MOST_ALARMS, (alarm) => alarmLine(alarm, screen)),
    '',
  ];
  // Besides: the titles of both tables, a line between them, and the keys.
  const free = Math.max(0, rows - head.length - 4);
  const listed = Math.min(status.devices.length, free - Math.min(events.length, Math.max(LEAST_EVENTS, free >> 2)));
  const first = Math.max(0, Math.min(from, status.devices.length - listed));
  const devices = sorted(status.devices, sort);
  const [titles = '', ...table] = deviceTable(devices, status, screen);
  const told = events.slice(Math.max(0, events.length - (free - listed)));
  const body = [
    tint('bold', titles),
    ...table.slice(first, first + listed),
    '',
    tint('bold', 'EVENTS'),
    ...(told.length > 0 ? told.map((event) => eventLine(event, screen)) : ['none since the agent started']),
  ];
  const lines = [...head, ...body].slice(0, rows - 1);
  const blank = Array.from({ length: rows - 1 - lines.length }, () => '');
  return [...lines, ...blank, keysLine(sort, [first, listed, devices.length], screen)].map((line) =>
    cut(line, columns),
  );
}

/** Everything below is as it was then. */
function awayLines(why: string, forMs: Millis, { width, tint }: Screen): string[] {
  const since = `${why}; seen ${span(forMs)} ago, trying again`;
  return [tint('red', cut(since, width))];
}

/** What the rack draws, out of what it is rated; `|` is where the line is. */
function barLine({ power, info }: RackStatus, { width, tint }: Screen): string {
  const most = Math.max(info?.rated_w ?? 0, power?.power_w ?? 0, power?.line_w ?? 0);
  if (!power || most === 0) return '';
  const label = ` of ${formatWatts(most)}`;
  const cells = width - MARGIN.length - label.length - 2;
  const at = (watts: Watts | null) => (watts === null ? -1 : Math.round((Math.max(0, watts) / most) * cells));
  const drawn = at(power.power_w);
  const line = Math.min(at(power.line_w), cells - 1);
  const bar = Array.from({ length: cells }, (_, i) => (i === line ? '|' : i < drawn ? '#' : '-')).join('');
  return `${MARGIN}[${tint(isOver(power) ? 'red' : 'green', bar)}]${label}`;
}

function isOver({ headroom_w }: Power): boolean {
  return headroom_w !== null && headroom_w < 0;
}

const MARGIN = ' '.repeat('brokers  '.length);

/** The first ones below each other behind `title`, and how many more there are. */
function few<T>(title: string, all: readonly T[], most: number, line: (each: T) => string): string[] {
  const shown = all.slice(0, all.length > most ? most - 1 : most).map(line);
  const rest = all.length - shown.length;
  const lines = rest > 0 ? [...shown, `and ${rest} more: ballast status`] : shown;
  return (lines.length > 0 ? lines : ['none']).map(
    (text, i) => (i === 0 ? title.padEnd(MARGIN.length) : MARGIN) + text,
  );
}

function orderLine({ issuer, program, phase, level_w, until, short }: AppliedOrder, nowMs: Millis, { tint }: Colours) {
  const leftMs = epochMs(until) - nowMs;
  const end = leftMs > 0 ? `ends in ${tint('bold', span(leftMs))}` : 'over';
  const missing = short.length > 0 ? tint('yellow', `  short by ${short.length}`) : '';
  return `${issuer}/${program} ${phase}, level ${formatWatts(level_w)}, ${end}${missing}`;
}

function brokerLine({ url, online, age_ms }: RackStatus['brokers'][number], sinceMs: Millis, { tint }: Colours) {
  const heard = age_ms === null ? 'never heard' : `heard ${span(age_ms + sinceMs)} ago`;
  return online ? `${url} connected, ${heard}` : tint('red', `${url} not connected, ${heard}`);
}

function byUrgency(a: Alarm, b: Alarm): number {
  return Number(b.severity === 'critical') - Number(a.severity === 'critical');
}

function keysLine(sort: string, [first, listed, all]: [number, number, number], { width, tint }: Screen): string {
  const sorts = Object.entries(orders).map(([key, name]) => {
    const text = `${key} ${name}`;
    return key === sort ? tint('bold', `[${text}]`) : ` ${text} `;
  });
  const where = listed < all ? `${first + 1} to ${first + listed} of ${all}, arrows scroll` : '';
  return beside(`q quit  sort by ${sorts.join('')}`, where, width);
}

/** `4.2 s`, `8:42`, `1:08:42`. */
function span(ms: Millis): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 60) return `${s.toFixed(1)} s`;
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0');
  const minutes = s / 60;
  return minutes < 60
    ? `${Math.floor(minutes)}:${two(s % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}
