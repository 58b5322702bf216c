/** A rack's status on a terminal of 80 columns. */
import type { Millis } from '#protocol/units.ts';
import { cut, wrapped } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { deviceTable } from './device-table.ts';
import { alarmLine, headline, orderLine, powerLine, thermalLines } from './lines.ts';
import type { RackStatus } from './rack-status.ts';

type Screen = Pick<Terminal, 'width' | 'tint'>;

/** @param nowMs milliseconds since the epoch, to tell how old figures are. */
export function formatStatus(status: RackStatus, nowMs: Millis, screen: Screen): string {
  const { alarms, applied, devices, power, thermal } = status;
  return [
    headline(status, screen),
    powerLine(power, nowMs, screen),
    ...thermalLines(thermal),
    ...section(
      'orders in force',
      (applied?.orders ?? []).map((order) => orderLine(order, nowMs)),
      screen,
    ),
    ...section(
      'alarms',
      alarms.map((alarm) => alarmLine(alarm, screen)),
      screen,
    ),
    '',
    ...deviceTable(devices, status, screen),
  ]
    .map((line) => cut(line, screen.width))
    .join('\n');
}

/** In whole sentences: what is wrong stands at their end. */
function section(title: string, sentences: readonly string[], { width, tint }: Screen): string[] {
  const lines = (sentences.length > 0 ? sentences : ['none']).flatMap((each) => wrapped(each, width - MARGIN.length));
  return ['', tint('bold', title), ...lines.map((line) => MARGIN + line)];
}

const MARGIN = '  ';
