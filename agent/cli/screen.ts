/**
 * The whole terminal, drawn over in place. It has a page of its own, so that what stood there before stands there
 * again afterwards, however the process ends.
 */
import { emitKeypressEvents } from 'node:readline';

/** `key` is a letter, or the name of one without: `up`, `pagedown`. */
export type Screen = {
  size(): { columns: number; rows: number };
  /** One entry a row, none longer than the screen is wide. Rows that stay the same are not sent again. */
  draw(lines: readonly string[]): void;
  /** Told of keys; Ctrl-C is `ctrl-c`. */
  onKey(pressed: (key: string) => void): void;
  onResize(resized: () => void): void;
  close(): void;
};

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** Terminals that know it show everything in between at once; the others ignore it. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

type Key = { name?: string; ctrl?: boolean; sequence?: string };

/** Both are a terminal. */
export function openScreen({ stdin, stdout }: Pick<NodeJS.Process, 'stdin' | 'stdout'>): Screen {
  let shown: readonly string[] = [];
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', close);
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write(LEAVE);
  };
  // Whatever ends the process, the terminal is left as it was found: writing to a terminal is done when it returns.
  process.once('exit', close);
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.resume();
  stdout.write(ENTER);
  return {
    close,
    // A serial console says that it has no columns and no rows.
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    draw: (lines) => {
      if (!isOpen) return;
      const rows = Array.from({ length: Math.max(lines.length, shown.length) }, (_, i) => lines[i] ?? '');
      const changed = rows.flatMap((line, i) => (line === shown[i] ? [] : [`\x1b[${i + 1};1H\x1b[K${line}`]));
      if (changed.length > 0) stdout.write(BEGIN + changed.join('') + END);
      shown = lines;
    },
    onKey: (pressed) => {
      stdin.on('keypress', (_text, { name, ctrl, sequence }: Key) => {
        const key = name ?? sequence ?? '';
        pressed(ctrl ? `ctrl-${key}` : key);
      });
    },
    onResize: (resized) => {
      stdout.on('resize', () => {
        if (!isOpen) return;
        shown = [];
        stdout.write('\x1b[2J');
        resized();
      });
    },
  };
}
