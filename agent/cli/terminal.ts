/** Where a verb writes: what was asked for to `out`, everything about how it goes to `note`. */
import { styleText } from 'node:util';
import type { Screen } from './screen.ts';
import { openScreen } from './screen.ts';

export type Tint = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

export type Terminal = {
  /** One line, or several, on stdout. */
  out(text: string): void;
  /** One line on stderr. */
  note(text: string): void;
  /** Writes over the line that it wrote before, on stderr; nothing where that is no terminal. */
  over(line: string): void;
  /** Columns a line may fill. */
  width: number;
  /** Takes the whole terminal; absent where stdin or stdout is none. */
  screen?(): Screen;
  /** Colours `text`; leaves it alone where stdout is no terminal or NO_COLOR is set. */
  tint(tint: Tint, text: string): string;
};

/** Wide enough for every table, narrow enough for a serial console. */
const USUAL_WIDTH = 80;

export function processTerminal(process: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>): Terminal {
  const { stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    over: (line) => void (stderr.isTTY && stderr.write(`\r\x1b[K${line}`)),
    width: Math.max(stdout.columns ?? USUAL_WIDTH, USUAL_WIDTH),
    ...(process.stdin.isTTY && stdout.isTTY && { screen: () => openScreen(process) }),
    tint: (tint, text) => styleText(tint, text, { stream: stdout }),
  };
}
