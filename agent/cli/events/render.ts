/** One event on a terminal: when, what, the watts at that moment, and why. */
import { stripVTControlCharacters } from 'node:util';
import type { RackEvent } from '#protocol/lifecycle.ts';
import { formatWatts } from '../order/quantities.ts';
import { LONGEST_PHASE, phaseTints, timeOfDay } from '../order/tell.ts';
import { cut, wrapped } from '../table.ts';
import type { Terminal } from '../terminal.ts';

type Screen = Pick<Terminal, 'width' | 'tint'>;

/** As many lines as its reason needs. */
export function formatEvent(event: RackEvent, screen: Screen): string {
  const head = headOf(event, screen);
  const margin = stripVTControlCharacters(head).length;
  return wrapped(reasonOf(event), screen.width - margin)
    .map((line, i) => (i === 0 ? head : ' '.repeat(margin)) + line)
    .join('\n');
}

/** The same in one line, cut where it is too long. */
export function eventLine(event: RackEvent, screen: Screen): string {
  return cut(headOf(event, screen) + reasonOf(event), screen.width);
}

function headOf({ at, kind, phase, power_w }: RackEvent, { tint }: Screen): string {
  const what = (phase ?? kind).padEnd(LONGEST_PHASE);
  return `${timeOfDay(at)}  ${tint((phase && phaseTints[phase]) ?? 'dim', what)}  ${formatWatts(power_w).padStart(8)}  `;
}

function reasonOf({ event, device, code, why }: RackEvent): string {
  const words = [device, code, why].filter((part) => part !== null).join(': ');
  return [words, event === null ? '' : `(${event})`].filter(Boolean).join(' ');
}
