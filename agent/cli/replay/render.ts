/** What a replay found, on a terminal of 80 columns. */
import type { Difference, Replayed } from '#agent/replay/replay.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { cut } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** More are of one cause, most likely, and nobody reads them. */
const MOST_SHOWN = 20;

export function formatReplay(
  file: string,
  { rack, version, from, until, turns, observations, differences }: Replayed,
  { width, tint }: Pick<Terminal, 'width' | 'tint'>,
): string {
  const same = differences.length === 0 ? tint('green', 'the same plan') : tint('red', 'another plan');
  const more = differences.length - MOST_SHOWN;
  return [
    tint('bold', file),
    `  rack ${rack}, recorded by version ${version}, ${timestampOf(from)} to ${clockTime(until)}`,
    `  ${turns} decisions on ${observations} observations: ${same}`,
    ...differences.slice(0, MOST_SHOWN).flatMap(spanLines),
    ...(more > 0 ? [`  and ${more} more spans: --json has them all`] : []),
  ]
    .map((line) => cut(line, width))
    .join('\n');
}

function spanLines({ from, until, turns, what }: Difference): string[] {
  const span = turns === 1 ? clockTime(from) : `${clockTime(from)} to ${clockTime(until)}, ${turns} decisions`;
  return [`  ${span}`, ...what.map((each) => `    ${each}`)];
}

/** `23:04:05.123Z`: the date stands in the head. */
function clockTime(ms: Millis): string {
  return timestampOf(ms).slice('2026-11-21T'.length);
}
