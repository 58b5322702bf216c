/** A chain of reasons on a terminal: what each link is about in the margin, its sentences wrapped beside it. */
import type { Terminal } from '../terminal.ts';

type Link = { readonly about: string; readonly says: readonly string[] };

export function formatLinks(links: readonly Link[], { width, tint }: Pick<Terminal, 'width' | 'tint'>): string {
  const margin = Math.max(...links.map(({ about }) => about.length)) + GAP.length;
  return links
    .flatMap(({ about, says }) =>
      says
        .flatMap((sentence) => wrapped(sentence, width - margin))
        .map(
          (line, i) => (i === 0 ? tint('bold', about) + ' '.repeat(margin - about.length) : ' '.repeat(margin)) + line,
        ),
    )
    .join('\n');
}

const GAP = '  ';
/** The second line of a sentence stands in a little, so that sentences can be told apart. */
const HANGING = '  ';

function wrapped(sentence: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line === '') {
      line = longer;
      continue;
    }
    lines.push(line);
    line = HANGING + word;
  }
  return [...lines, line];
}
