/** Plain columns for a terminal. */
import { stripVTControlCharacters } from 'node:util';

export type Column = {
  title: string;
  /** Numbers read best right-aligned. */
  align?: 'left' | 'right';
};

/** Lines of at most `width` columns: the last column takes what the others leave, and is cut when that is too little. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const cells = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => shownWidth(row[i] ?? ''))));
  return cells.map((row) => {
    const padded = columns.map(({ align }, i) =>
      pad(row[i] ?? '', i === columns.length - 1 ? 0 : (widths[i] ?? 0), align),
    );
    return cut(padded.join(GAP).trimEnd(), width);
  });
}

const GAP = '  ';

function pad(text: string, width: number, align: Column['align']): string {
  const blanks = ' '.repeat(Math.max(0, width - shownWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

/** `line` in at most `width` columns. What is too long loses its colours too: a cut colour code would run on. */
export function cut(line: string, width: number): string {
  return shownWidth(line) <= width ? line : `${stripVTControlCharacters(line).slice(0, width - 1)}…`;
}

function shownWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}
