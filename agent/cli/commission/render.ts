/** What commissioning found, on a terminal of 80 columns. */
import type { Terminal } from '../terminal.ts';
import type { CommissionAnswer, CommissionResult } from './answer.ts';

/** One device in a line, and what does not fit below it. */
export function formatResult(
  { device, fits, findings, outlets, feedW, outletsW }: CommissionResult,
  { tint }: Pick<Terminal, 'tint'>,
): string {
  const seen = [
    ...(feedW === undefined ? [] : [`feed ${signed(feedW)}`]),
    ...(outlets.length === 0 ? [] : [`${outlets.join(' and ')} ${signed(outletsW ?? 0)}`]),
  ];
  const verdict = fits ? tint('green', 'fits        ') : tint('red', 'does not fit');
  const head = [device.padEnd(8), verdict, seen.join(', ')].join('  ').trimEnd();
  return [head, ...findings.map((finding) => `          ${finding}`)].join('\n');
}

/** What is going on, in a line that is written over. */
export function formatDoing({ doing, waiting, results }: CommissionAnswer, done: number): string {
  const total = done + results.length + waiting + (doing ? 1 : 0);
  const place = `${done + results.length + 1} of ${total}`;
  return doing ? `${place}: ${doing.device} ${doing.what}, for ${doing.forS} s` : '';
}

/** The outlet map as it belongs into the config; empty when there is nothing to write. */
export function formatOutlets(results: readonly CommissionResult[]): string {
  const lines = results
    .filter(({ outlets }) => outlets.length > 0)
    .map(({ device, outlets }) => `  ${device}: outlets: [${outlets.join(', ')}]`);
  return lines.length === 0 ? '' : ['outlets that were seen to feed each device:', ...lines].join('\n');
}

function signed(watts: number): string {
  return `${watts > 0 ? '+' : watts < 0 ? '-' : ''}${Math.abs(Math.round(watts))} W`;
}
