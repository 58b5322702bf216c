/** What commissioning found, on a terminal of 80 columns. */
import { wrapped } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { CommissionAnswer, CommissionResult } from './answer.ts';

/** One device in a line, and below it every reason why it does not fit. */
export function formatResult(
  { device, tried, fits, findings, outlets, feedW, outletsW }: CommissionResult,
  { width, tint }: Pick<Terminal, 'width' | 'tint'>,
): string {
  const name = device.padEnd(8);
  if (!tried) return `${name}  ${tint('yellow', 'not tried')}: ${findings.join('; ')}`;
  const followed = [
    ...(feedW === undefined ? [] : [`the feed ${went(feedW)}`]),
    ...(outlets.length === 0 || outletsW === undefined ? [] : [`${outlets.join(' and ')} ${went(outletsW)}`]),
  ];
  if (fits) return `${name}  ${tint('green', 'fits')}: ${followed.join(', ')}`;
  const reasons = findings.flatMap((finding) => wrapped(finding, width - MARGIN.length));
  return [`${name}  ${tint('red', 'does not fit')}`, ...reasons.map((line) => MARGIN + line)].join('\n');
}

const MARGIN = ' '.repeat(10);

/** What to do about devices that orders still leave alone; undefined when all fit. */
export function formatUnfit(results: readonly CommissionResult[]): { message: string; fix: string } | undefined {
  const names = (some: readonly CommissionResult[]) => some.map(({ device }) => device).join(', ');
  const unfit = results.filter(({ tried, fits }) => tried && !fits);
  const untried = results.filter(({ tried }) => !tried);
  const said = [
    ...(unfit.length > 0 ? [`${names(unfit)} ${unfit.length === 1 ? 'does' : 'do'} not fit`] : []),
    ...(untried.length > 0 ? [`${names(untried)} ${untried.length === 1 ? 'was' : 'were'} not tried`] : []),
  ];
  if (said.length === 0) return undefined;
  const again = [...unfit, ...untried].map(({ device }) => device).join(' ');
  return {
    message: `${said.join('; ')}: no order moves what has not been seen to fit`,
    fix: `mend the wiring or the config as said above, then: ballast commission ${again}`,
  };
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

function went(watts: number): string {
  return `${watts > 0 ? 'rose' : 'fell'} by ${Math.abs(Math.round(watts))} W`;
}
