/** One line on stderr that is written over: only for people, so nothing where stderr is no terminal. */
import { cut } from './table.ts';
import type { Terminal } from './terminal.ts';

export type Progress = {
  show(line: string): void;
  /** Before anything else is written. */
  clear(): void;
};

export function progressOn({ width, over }: Pick<Terminal, 'width' | 'over'>): Progress {
  let shown = '';
  const write = (line: string) => {
    if (line === shown) return;
    over(line);
    shown = line;
  };
  return { show: (line) => write(cut(line, width - 1)), clear: () => write('') };
}

/** `[#####-----] 50 %`, in `columns` characters. */
export function bar(done: number, total: number, columns = 30): string {
  const share = total > 0 ? done / total : 1;
  const full = Math.round(share * columns);
  return `[${'#'.repeat(full)}${'-'.repeat(columns - full)}] ${Math.round(share * 100)} %`;
}
