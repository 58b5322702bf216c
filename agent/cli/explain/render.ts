/** A chain of reasons on a terminal: what each link is about in the margin, its sentences wrapped beside it. */
import { wrapped } from '../table.ts';
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
