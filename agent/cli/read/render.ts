/** What an instrument reads, as a table. */
import type { Line } from '#agent/technician/readout.ts';
import type { Column } from '../table.ts';
import { table, wrapped } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const columns: Column[] = [
  { title: 'POINT' },
  { title: 'REGISTER' },
  { title: 'RAW' },
  { title: 'AGE', align: 'right' },
  { title: 'VALUE' },
];

/** More words than that are cut: the value says what they mean. */
const RAW_WIDTH = 19;

export function formatReadout(lines: readonly Line[], { width, tint }: Pick<Terminal, 'width' | 'tint'>): string {
  const silent = silence(lines);
  if (silent !== undefined)
    return wrapped(silent, width)
      .map((line) => tint('yellow', line))
      .join('\n');
  const rows = lines.map(({ point, register, raw, value, unit, age_ms: age, trouble }) => [
    point,
    register,
    shortened(raw ?? '-'),
    age === null ? '-' : `${(age / 1000).toFixed(1)} s`,
    trouble === null ? `${rounded(value)} ${unit}`.trimEnd() : tint('yellow', trouble),
  ]);
  return table(columns, rows, width).join('\n');
}

/** Why nothing at all could be read, told once instead of beside every point. */
function silence(lines: readonly Line[]): string | undefined {
  const [first] = lines;
  return lines.length > 1 && lines.every(({ raw }) => raw === null) ? (first?.trouble ?? undefined) : undefined;
}

/** A float of 32 bits says no more than seven digits. */
function rounded(value: number | null): number | null {
  return value === null || Number.isInteger(value) ? value : Number(value.toPrecision(7));
}

function shortened(raw: string): string {
  return raw.length <= RAW_WIDTH ? raw : `${raw.slice(0, RAW_WIDTH - 1)}…`;
}
