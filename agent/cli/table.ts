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

/** `left` from the left edge and `right` to the right one; a blank at least lies between them. */
export function beside(left: string, right: string, width: number): string {
  return `${left}${' '.repeat(Math.max(1, width - shownWidth(left) - shownWidth(right)))}${right}`.trimEnd();
}

/** `line` in at most `width` columns. What is too long loses its colours too: a cut colour code would run on. */
export function cut(line: string, width: number): string {
  return shownWidth(line) <= width ? line : `${stripVTControlCharacters(line).slice(0, width - 1)}…`;
}

/** The second line of a sentence stands in a little, so that sentences can be told apart. */
const HANGING = '  ';

/** `sentence` in lines of at most `width` columns, broken between words. */
export function wrapped(sentence: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (shownWidth(longer) <= width || line === '') {
      line = longer;
      continue;
    }
    lines.push(line);
    line = HANGING + word;
  }
  return [...lines, line];
}

function shownWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}
