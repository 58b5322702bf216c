/**
 * Whether a program says what a document shows. Numbers and times differ from run to run and columns follow them, so
 * neither counts; `...` stands for what is left out, of a line or as a line of its own.
 */

/** undefined when it does; else the first line that is missing or in the way. */
export function difference(shown: string, said: string): string | undefined {
  const actual = linesOf(said);
  let next = 0;
  let gap = false;
  for (const line of linesOf(shown)) {
    if (line === GAP) {
      gap = true;
      continue;
    }
    const fits = pattern(line);
    const found = gap ? actual.findIndex((each, i) => i >= next && fits.test(each)) : next;
    if (!fits.test(actual[found] ?? '')) return `missing: ${line}`;
    next = found + 1;
    gap = false;
  }
  const rest = actual[next];
  return gap || rest === undefined ? undefined : `not shown: ${rest}`;
}

const GAP = '...';

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => alike(line).replaceAll(/\s+/g, ' ').trim())
    .filter((line) => line !== '');
}

function pattern(line: string): RegExp {
  const parts = line.split(GAP).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** Numbers that stand by themselves, and times. What is part of a name or an address stays. */
function alike(line: string): string {
  return line.replaceAll(/\d[\d:.T-]*(?=Z)/g, '#').replaceAll(/(?<![\w./:-])[-+]?\d+(\.\d+)?(?![\w/-]|[.:]\d)/g, '#');
}
